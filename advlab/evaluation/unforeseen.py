"""One network against threats that its training may not have known: what it withstands of each.

A defense that assumes one attack says little about another: networks trained for L∞ are attacked in L2 and in L1,
turned, moved, and corrupted without anybody's intent.

Reference: Tramèr, Boneh: Adversarial training and robustness for multiple perturbations, NeurIPS 2019, arXiv
1904.13000; Kang, Sun, Hendrycks, Brown, Steinhardt: Testing robustness against unforeseen adversaries, 2019,
arXiv 1908.08016, for the idea of such a table.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from advlab.core.classifier import Classifier, Size
from advlab.core.corruptions import SEVERITIES
from advlab.core.intervals import wilson
from advlab.core.norms import Norm
from advlab.core.poses import Poses
from advlab.evaluation.corrupted import corruption_accuracy
from advlab.evaluation.robustness import clean_accuracy, robust_accuracy
from advlab.evaluation.running import Running
from advlab.evaluation.spatial import spatial_accuracy
from advlab.evaluation.testset import TestSet
from advlab.models.shipped import Count

CLEAN, SPATIAL, CORRUPTIONS = "clean", "spatial", "corruptions"
THREATS = (CLEAN, *(Norm.LINF, Norm.L2, Norm.L1), SPATIAL, CORRUPTIONS)
# For people.
TITLES = {
    CLEAN: "clean", Norm.LINF: "L∞", Norm.L2: "L2", Norm.L1: "L1", SPATIAL: "turned and moved",
    CORRUPTIONS: "corrupted",
}  # fmt: skip
# Sides up to here are small pictures, for which the literature's radii are those of CIFAR-10.
_SMALL = 64


@dataclass(frozen=True)
class Radii:
    """How far each attacker may go, on images in [0, 1]."""

    linf: float
    l2: float
    l1: float

    @classmethod
    def usual(cls, size: Size) -> "Radii":
        """What is counted at in the literature, by the size of the pictures.

        Grey: 0.3, 2 and 10, as Tramèr and Boneh take them for MNIST. Small colour pictures: 8/255, 0.5 and 12, those
        of CIFAR-10 in RobustBench and in Croce and Hein, arXiv 2103.01208; larger ones: 4/255, 3 and 60, of ImageNet.
        """
        channels, height, width = size
        if channels == 1:
            return cls(0.3, 2.0, 10.0)
        return cls(8 / 255, 0.5, 12.0) if max(height, width) <= _SMALL else cls(4 / 255, 3.0, 60.0)

    def of(self, norm: Norm) -> float:
        """The one in this norm."""
        return {Norm.LINF: self.linf, Norm.L2: self.l2, Norm.L1: self.l1}[norm]


@dataclass(frozen=True)
class Line:
    """What a network withstands of one threat.

    Attributes:
        threat: one of `THREATS`.
        details: with which settings, for people.
        count: right answers whatever the threat did; of corruptions, all answers to all of them.
        pictures: how many pictures these are.
        complete: False where somebody stopped it: the count is of the pictures that were done.
        masked: pictures that withstood an attack which was blind, most of its gradients being zero.
        kinds: of corruptions: the count of each kind.
    """

    threat: str
    details: str
    count: Count
    pictures: int
    complete: bool = True
    masked: int = 0
    kinds: dict[str, Count] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The rate, in [0, 1]."""
        return self.count.share

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the rate, over pictures.

        Fifty answers to corruptions of one picture are no fifty pictures: they would make it look seven times as sure.
        """
        return wilson(round(self.share * self.pictures), self.pictures)


def unforeseen(
    classifier: Classifier,
    data: TestSet,
    radii: Radii | None = None,
    *,
    steps: int = 40,
    restarts: int = 1,
    poses: Poses | None = None,
    severities: Sequence[int] = SEVERITIES,
    seed: int = 0,
    running: Running | None = None,
) -> Iterator[Line]:
    """Robust accuracy of one network under each threat, each on all pictures of the set, one after the other.

    Args:
        classifier: from `advlab.load` or `advlab.wrap`.
        data: from `testset.choose`.
        radii: of the attacks; those usual for the size of the pictures if left out.
        steps, restarts: of PGD, in each norm.
        poses: the grid of rotations and translations.
        severities: of the corruptions.
        seed: of the first restart, and of the corruptions.
        running: where to keep verdicts, and who watches; each norm has a journal, named after it and the one given.

    Returns:
        a line for each of `THREATS`, in that order, as soon as it is counted; stopped, those that were begun and have a
        picture done.

    Raises:
        ParameterError, ThreatError, InputError: each with a sentence that says what to do.
    """
    running, radii, poses = running or Running(), radii or Radii.usual(classifier.input_size), poses or Poses()

    def clean(watched: Running) -> Line:
        found = clean_accuracy(classifier, data, watched)
        return Line(CLEAN, "", found, found.of, found.of == len(data))

    def attacked(norm: Norm) -> Callable[[Running], Line | None]:
        def line(watched: Running) -> Line | None:
            found = robust_accuracy(
                classifier, data, norm=norm, eps=radii.of(norm), steps=steps, restarts=restarts, seed=seed,
                running=replace(watched, journal=_journal(watched.journal, norm)),
            )  # fmt: skip
            if not found.verdicts:
                return None
            details = f"ε = {_radius(norm, radii.of(norm))}, PGD-{steps}, {_starts(restarts)}"
            return Line(norm, details, found.robust, len(found.verdicts), found.complete, found.masked)

        return line

    def spatial(watched: Running) -> Line | None:
        found = spatial_accuracy(classifier, data, poses, watched)
        details = f"±{poses.degrees:g}°, ±{poses.share:.0%}, {poses.angles} × {poses.shifts} × {poses.shifts}"
        count = len(found.verdicts)
        return Line(SPATIAL, details, found.robust, count, found.complete) if count else None

    def corrupted(watched: Running) -> Line | None:
        found = corruption_accuracy(classifier, data, severities, seed, watched)
        if not found.kinds:
            return None
        counts = found.kinds.values()
        count = Count(correct=sum(one.correct for one in counts), of=sum(one.of for one in counts))
        details = f"{len(counts)} kinds, severity {', '.join(map(str, severities))}"
        return Line(CORRUPTIONS, details, count, found.pictures, found.complete, kinds=found.kinds)

    of_norms = [attacked(norm) for norm in (Norm.LINF, Norm.L2, Norm.L1)]
    return _each([clean, *of_norms, spatial, corrupted], running)


def _each(lines: list[Callable[[Running], Line | None]], running: Running) -> Iterator[Line]:
    """One after the other, each an equal part of the whole, until one was stopped."""
    for number, line in enumerate(lines):
        part = slice(number, number + 1)
        found = line(replace(running, progress=running.within(part, len(lines))))
        if found is not None:
            yield found
        if found is None or not found.complete:
            return


def _journal(file: Path | None, norm: Norm) -> Path | None:
    return None if file is None else file.with_name(f"{file.stem}.{norm}{file.suffix}")


def _starts(restarts: int) -> str:
    return "one start" if restarts == 1 else f"worst of {restarts} restarts"


def _radius(norm: Norm, eps: float) -> str:
    """ε for people: `8/255`, or `0.3` where it is no whole number of 255ths."""
    steps = round(eps * 255)
    return f"{steps}/255" if norm is Norm.LINF and abs(eps * 255 - steps) < 1e-6 else f"{eps:g}"
