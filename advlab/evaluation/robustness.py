"""How many pictures of a set a network gets right, and how many it gets right whatever an attack does."""

from dataclasses import asdict, dataclass
from typing import Any

import torch

from advlab import attacks
from advlab.core.attack import Attack
from advlab.core.classifier import Classifier
from advlab.core.norms import Norm
from advlab.errors import ParameterError
from advlab.evaluation.journal import Journal
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.evaluation.worst_case import Threat, Verdict, worst_case
from advlab.models.shipped import Count


@dataclass(frozen=True)
class Robustness:
    """Counts over a set, with the verdict on each picture in the set's order.

    `complete` is False where somebody stopped it: the counts are of the pictures that were done.
    """

    verdicts: tuple[Verdict, ...]
    complete: bool

    @property
    def clean(self) -> Count:
        """Right on the clean pictures."""
        return Count(correct=sum(verdict.correct for verdict in self.verdicts), of=len(self.verdicts))

    @property
    def robust(self) -> Count:
        """Right whatever the attack did."""
        return Count(correct=sum(verdict.robust for verdict in self.verdicts), of=len(self.verdicts))

    @property
    def invalid(self) -> int:
        """Pictures on which something was not finite or out of its bounds."""
        return sum(not verdict.valid for verdict in self.verdicts)

    @property
    def masked(self) -> int:
        """Robust pictures of which most gradients were exactly zero: an attack that is blind proves nothing."""
        return sum(verdict.robust and 2 * verdict.zero_gradients > verdict.gradients for verdict in self.verdicts)


def clean_accuracy(classifier: Classifier, data: TestSet, running: Running | None = None) -> Count:
    """Right on the clean pictures of a set, in float32; an answer that is not finite is wrong.

    Stopped, it counts the pictures that were done, at least one batch.
    """
    running, correct, done = running or Running(), 0, 0
    for part in running.batches(len(data), classifier):
        with torch.no_grad():
            logits = classifier(data.floats(part)).cpu()
        right = (logits.argmax(1) == data.labels[part]) & logits.isfinite().all(1)
        correct, done = correct + int(right.sum()), part.stop
        running.progress(done / len(data))
        if running.should_stop():
            break
    return Count(correct=correct, of=done)


def robust_accuracy(
    classifier: Classifier,
    data: TestSet,
    method: str | Attack = "pgd",
    *,
    norm: str | Norm,
    eps: float,
    restarts: int = 5,
    seed: int = 0,
    running: Running | None = None,
    **parameters: Any,  # noqa: ANN401 - checked against the attack's fields
) -> Robustness:
    """Attack every picture of a set that is right, the survivors again and again.

    A picture is robust if no restart fools the network. Each restart begins at the clean picture with a seed
    of its own (`seed + restart`), so what comes of a picture does not depend on what else is in the set.

    Args:
        classifier: from `advlab.load` or `advlab.wrap`.
        data: from `testset.choose`.
        method: a name from `advlab.attacks.available()`, or a configured attack.
        norm, eps: the radius, as `advlab.attack` takes it.
        restarts: at least 1.
        seed: of the first restart.
        running: where to keep verdicts, and who watches.
        **parameters: the attack's own, such as `steps=100`.

    Raises:
        ParameterError, ThreatError, InputError: each with a sentence that says what to do.
    """
    if restarts < 1:
        raise ParameterError(f"An attack starts once at least: restarts cannot be {restarts}.")
    if parameters and not isinstance(method, str):
        raise ParameterError("A configured attack already has its parameters: give the attack's name with them.")
    attack = attacks.registry.get(method).configured(parameters) if isinstance(method, str) else method
    threat, running = Threat(classifier, attack, Norm(norm), eps, restarts, seed), running or Running()
    journal = Journal(running.journal, _about(threat, data))
    known = {entry["row"]: Verdict(**entry) for entry in journal.entries}
    rows = data.rows.tolist()
    for part in running.batches(len(data), classifier):
        if not all(row in known for row in rows[part]):
            found = worst_case(
                threat,
                data.floats(part),
                data.labels[part],
                data.rows[part],
                progress=running.within(part, len(data)),
                should_stop=running.should_stop,
            )
            if found is None:
                break
            journal.add(map(asdict, found))
            known.update((verdict.row, verdict) for verdict in found)
        running.progress(part.stop / len(data))
    verdicts = tuple(known[row] for row in rows if row in known)
    return Robustness(verdicts, complete=len(verdicts) == len(rows))


def _about(threat: Threat, data: TestSet) -> dict[str, Any]:
    """All that the verdicts depend on."""
    return {
        "of": "robust accuracy",
        "model": threat.classifier.digest,
        "precision": threat.classifier.execution.precision,
        "data": data.digest,
        "rows": data.rule,
        "attack": threat.attack.name,
        "parameters": threat.attack.model_dump(mode="json"),
        "norm": threat.norm.value,
        "eps": threat.eps,
        "restarts": threat.restarts,
        "seed": threat.seed,
    }
