"""How many pictures a network gets right when they are corrupted without anybody's intent."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from advlab.core.classifier import Classifier
from advlab.core.corruptions import KINDS, SEVERITIES, corrupted
from advlab.errors import ParameterError
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.models.shipped import Count


@dataclass(frozen=True)
class Corrupted:
    """Counts over every kind of corruption.

    Attributes:
        kinds: of each kind over all severities: right answers, out of pictures × severities.
        pictures: how many were done.
        complete: False where somebody stopped it.
    """

    kinds: dict[str, Count]
    pictures: int
    complete: bool


def corruption_accuracy(
    classifier: Classifier,
    data: TestSet,
    severities: Sequence[int] = SEVERITIES,
    seed: int = 0,
    running: Running | None = None,
) -> Corrupted:
    """Every picture with every kind of corruption at every severity.

    Nobody searches the worst of them: what is counted is answers, as in the paper (see `advlab.core.corruptions`), also
    on pictures that were wrong before. An answer that is not finite is wrong.

    Args:
        classifier: from `advlab.load` or `advlab.wrap`.
        data: from `testset.choose`.
        severities: of 1 to 5, at least one.
        seed: of the noise.
        running: who watches; nothing is kept in a journal.

    Raises:
        ParameterError: there are no such severities.
    """
    if not severities:
        raise ParameterError("Corrupt at one severity at least, from 1 to 5.")
    running = running or Running()
    cases = [(kind, severity) for kind in KINDS for severity in severities]
    right, done = dict.fromkeys(KINDS, 0), 0
    for part in running.batches(len(data), classifier):
        images, labels, tell = data.floats(part), data.labels[part], running.within(part, len(data))
        found = dict.fromkeys(KINDS, 0)
        for number, (kind, severity) in enumerate(cases):
            if running.should_stop():
                return _counts(right, done, len(severities), complete=False)
            with torch.no_grad():
                logits = classifier(corrupted(images, kind, severity, seed)).cpu()
            found[kind] += int(((logits.argmax(1) == labels) & logits.isfinite().all(1)).sum())
            tell((number + 1) / len(cases))
        right = {kind: right[kind] + found[kind] for kind in KINDS}
        done = part.stop
    return _counts(right, done, len(severities), complete=True)


def _counts(right: dict[str, int], done: int, severities: int, *, complete: bool) -> Corrupted:
    kinds = {kind: Count(correct=correct, of=done * severities) for kind, correct in right.items()} if done else {}
    return Corrupted(kinds, done, complete)
