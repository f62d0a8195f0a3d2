"""How many pictures of a set are proved to be right within a radius."""

from dataclasses import asdict, dataclass
from typing import Any

from advlab.core.classifier import Classifier
from advlab.core.smoothing import Decision, Smoothing, certified_at
from advlab.errors import ParameterError
from advlab.evaluation.journal import Journal
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.models.shipped import Certified


@dataclass(frozen=True)
class Certification:
    """The decision on each picture in the set's order, and the count.

    `precision` is that of the base classifier: what is certified is the network computed so. `complete` is
    False where somebody stopped it: the count is of the pictures that were done.
    """

    decisions: tuple[Decision, ...]
    radius: float
    smoothing: Smoothing
    precision: str
    complete: bool

    @property
    def certified(self) -> Certified:
        """Right and proved within the radius, out of all; an abstention is neither."""
        return Certified(
            correct=sum(decision.certified for decision in self.decisions),
            of=len(self.decisions),
            radius=self.radius,
            sigma=self.smoothing.sigma,
            draws=self.smoothing.draws,
            alpha=self.smoothing.alpha,
        )


def certified_accuracy(
    classifier: Classifier,
    data: TestSet,
    radius: float,
    smoothing: Smoothing | None = None,
    running: Running | None = None,
) -> Certification:
    """Certified accuracy at an L2 radius, picture by picture, none with more draws than its verdict needs.

    Args:
        classifier: the base classifier, in its execution's precision.
        data: from `testset.choose`.
        radius: L2, in the units of pixels in [0, 1]; above 0.
        smoothing: noise, draws and confidence.
        running: where to keep decisions, and who watches; `batch` plays no part.

    Raises:
        ParameterError: there is no such radius. InputError: the journal is of another run.
    """
    smoothing, running = smoothing or Smoothing(), running or Running()
    if not 0 < radius < float("inf"):
        raise ParameterError(f"A radius to certify is above zero and finite, not {radius}.")
    journal = Journal(running.journal, _about(classifier, data, radius, smoothing))
    known = {entry.pop("row"): Decision(**entry) for entry in map(dict, journal.entries)}
    for place, row in enumerate(data.rows.tolist()):
        if running.should_stop():
            break
        if row not in known:
            image, label = data.floats(slice(place, place + 1))[0], int(data.labels[place])
            known[row] = certified_at(classifier, image, label, radius, smoothing)
            journal.add([{"row": row, **asdict(known[row])}])
        running.progress((place + 1) / len(data))
    decisions = tuple(known[row] for row in data.rows.tolist() if row in known)
    precision = classifier.execution.precision
    return Certification(decisions, radius, smoothing, precision, complete=len(decisions) == len(data))


def _about(classifier: Classifier, data: TestSet, radius: float, smoothing: Smoothing) -> dict[str, Any]:
    """All that the decisions depend on."""
    return {
        "of": "certified accuracy",
        "model": classifier.digest,
        "precision": classifier.execution.precision,
        "data": data.digest,
        "rows": data.rule,
        "radius": radius,
        **asdict(smoothing),
    }
