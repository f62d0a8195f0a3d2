"""Attacks one after another, each on what the ones before it left: AutoAttack's way to count.

Reference: Croce, Hein: Reliable evaluation of adversarial robustness with an ensemble of diverse
parameter-free attacks, ICML 2020, arXiv 2003.01690.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.norms import Norm
from advlab.evaluation.journal import Journal
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.models.shipped import AutoAttack, Count

_CLEAN = "clean"


@dataclass(frozen=True)
class Broken:
    """What a stage did to a batch.

    Attributes:
        broken: which pictures `[N]` are no longer right.
        sound: which of the pictures it gave back `[N]` are finite and inside of box and radius.
        warnings: what it said about the model.
    """

    broken: Tensor
    sound: Tensor
    warnings: tuple[str, ...] = ()


class Stages(Protocol):
    """Attacks with names, on one model within one radius."""

    classifier: Classifier
    norm: Norm
    eps: float
    seed: int
    version: str
    stages: tuple[str, ...]

    def run(self, stage: str, images: Tensor, labels: Tensor) -> Broken:
        """One stage on pictures `[N, C, H, W]` of classes `[N]`."""
        ...


@dataclass(frozen=True)
class Cascade:
    """What was left after each stage.

    Attributes:
        survivors: rows of the split that were still right, after "clean" and after each stage that was run.
        of: how many pictures there are.
        unsound: rows that are called broken by a picture which is outside of the radius, or none.
        warnings: what the stages said about the model, each once.
        version: whose attacks they were.
        complete: whether every stage was run to its end.
    """

    survivors: dict[str, tuple[int, ...]]
    of: int
    unsound: tuple[int, ...]
    warnings: tuple[str, ...]
    version: str
    complete: bool

    @property
    def counts(self) -> dict[str, Count]:
        """Right after each stage."""
        return {stage: Count(correct=len(rows), of=self.of) for stage, rows in self.survivors.items()}

    @property
    def robust(self) -> AutoAttack:
        """Right after the last stage that was run."""
        return AutoAttack(correct=len(list(self.survivors.values())[-1]), of=self.of, version=self.version)


def cascade(stages: Stages, data: TestSet, running: Running | None = None) -> Cascade:
    """Run every stage on every picture that is still right.

    A stage and a batch is what is kept in the journal, and Stop is heard between two of them. AutoAttack's
    random numbers depend on a picture's place in its batch, so the size of the batches is part of the run.
    """
    running = running or Running()
    journal = Journal(running.journal, _about(stages, data, running))
    known = {(entry["stage"], entry["batch"]): entry for entry in journal.entries}
    places = torch.arange(len(data))
    survivors: dict[str, tuple[int, ...]] = {}
    complete = True
    for number, stage in enumerate((_CLEAN, *stages.stages)):
        gone: list[int] = []
        for part in running.batches(len(places), stages.classifier):
            if (stage, part.start) not in known:
                if running.should_stop():
                    complete = False
                    break
                entry = _entry(stages, stage, data, places[part])
                known[stage, part.start] = {"stage": stage, "batch": part.start, **entry}
                journal.add([known[stage, part.start]])
            gone += known[stage, part.start]["broken"]
            running.progress((number + part.stop / len(places)) / (1 + len(stages.stages)))
        places = places[~torch.isin(places, torch.tensor(gone, dtype=torch.int64))]
        survivors[stage] = tuple(data.rows[places].tolist())
        if not complete:
            break
    entries = known.values()
    unsound = sorted({place for entry in entries for place in entry["unsound"]})
    return Cascade(
        survivors=survivors,
        of=len(data),
        unsound=tuple(data.rows[unsound].tolist()),
        warnings=tuple(dict.fromkeys(line for entry in entries for line in entry["warnings"])),
        version=stages.version,
        complete=complete,
    )


def _entry(stages: Stages, stage: str, data: TestSet, places: Tensor) -> dict[str, Any]:
    """What a stage does to these pictures, as the journal keeps it."""
    device = stages.classifier.device
    images, labels = (data.images[places].float() / 255).to(device), data.labels[places].to(device)
    if stage == _CLEAN:
        with torch.no_grad():
            logits = stages.classifier(images)
        found = Broken(logits.argmax(1) != labels, logits.isfinite().all(1))
        found = Broken(found.broken | ~found.sound, torch.ones_like(found.sound))
    else:
        found = stages.run(stage, images, labels)
    broken = found.broken.cpu()
    return {
        "broken": places[broken].tolist(),
        "unsound": places[broken & ~found.sound.cpu()].tolist(),
        "warnings": list(found.warnings),
    }


def _about(stages: Stages, data: TestSet, running: Running) -> dict[str, Any]:
    """All that the verdicts depend on."""
    return {
        "of": "cascade",
        "version": stages.version,
        "stages": list(stages.stages),
        "model": stages.classifier.digest,
        "data": data.digest,
        "rows": data.rule,
        "norm": stages.norm.value,
        "eps": stages.eps,
        "seed": stages.seed,
        "batch": running.batch,
    }
