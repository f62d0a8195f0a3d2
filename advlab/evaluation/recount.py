"""Every number of a card once more: the same count, with the same settings, on the same pictures."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from advlab.core.classifier import Classifier
from advlab.core.norms import Norm
from advlab.core.smoothing import Smoothing
from advlab.data.sets import ImageSet
from advlab.evaluation import testset
from advlab.evaluation.cascade import cascade
from advlab.evaluation.certified import certified_accuracy
from advlab.evaluation.official import Official
from advlab.evaluation.robustness import clean_accuracy, robust_accuracy
from advlab.evaluation.running import Running
from advlab.models.shipped import AutoAttack, Certified, Count, Pgd

# AutoAttack's batches: on a processor small enough to be kept every few minutes. Its random numbers depend on them.
_BATCH, _BATCH_ON_GPU = 100, 500


@dataclass(frozen=True)
class Found:
    """A number that was counted again.

    Attributes:
        count: of the same kind as the one that was asked for; of what was done where it was stopped.
        complete: whether it was not.
        rule: which pictures it was counted on.
        remarks: what whoever reads the number should know, as sentences.
    """

    count: Count
    complete: bool
    rule: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recounter:
    """Counts on a data set what cards say of a network.

    Attributes:
        classifier: the network.
        data: the whole test split, with the network's classes; see `testset.as_named`.
        norm, eps: the attacker of PGD and AutoAttack.
        official: a folder with the official AutoAttack; None where there is none.
        keep: a folder for the verdicts, to go on from; None keeps none.
        running: who watches; a batch chosen there is for clean pictures and PGD.
    """

    classifier: Classifier
    data: ImageSet
    norm: Norm
    eps: float
    official: Path | None = None
    keep: Path | None = None
    running: Running = field(default_factory=Running)

    def again(self, count: Count) -> Found | None:
        """The same kind of count, on as many pictures; None for AutoAttack where it is not here.

        Raises:
            AdvlabError: a sentence about what is in the way.
        """
        test = testset.choose(self.data, count.of)
        match count:
            case Pgd():
                return self._pgd(count, test)
            case Certified():
                return self._certified(count, test)
            case AutoAttack():
                return None if self.official is None else self._autoattack(self.official, test)
        found = clean_accuracy(self.classifier, test, self.running)
        return Found(found, found.of == len(test), test.rule)

    def _running(self, kind: str) -> Running:
        """With a file of its own in the folder."""
        file = None if self.keep is None else self.keep / f"{self.classifier.name}.{kind}.jsonl"
        return replace(self.running, journal=file)

    def _pgd(self, count: Pgd, test: testset.TestSet) -> Found:
        found = robust_accuracy(
            self.classifier,
            test,
            "pgd",
            norm=self.norm,
            eps=self.eps,
            restarts=count.restarts,
            steps=count.steps,
            running=self._running("pgd"),
        )
        remarks = []
        if found.invalid:
            remarks.append(f"On {found.invalid} pictures something was not finite: they count as wrong.")
        if found.masked:
            remarks.append(
                f"Of {found.masked} of the robust pictures most gradients were exactly zero: PGD was blind there, "
                "and AutoAttack is the number to trust."
            )
        again = Pgd(**found.robust.model_dump(), steps=count.steps, restarts=count.restarts)
        return Found(again, found.complete, test.rule, tuple(remarks))

    def _autoattack(self, official: Path, test: testset.TestSet) -> Found:
        attacks = Official(official, self.classifier, norm=self.norm, eps=self.eps)
        batch = _BATCH if self.classifier.device.type == "cpu" else _BATCH_ON_GPU
        found = cascade(attacks, test, replace(self._running("autoattack"), batch=batch))
        stages = ", ".join(f"{stage} {count.correct}" for stage, count in found.counts.items())
        remarks = [f"Right after {stages}.", *(f"AutoAttack: {line}" for line in found.warnings)]
        if found.unsound:
            remarks.append(f"On {len(found.unsound)} pictures it claims a success outside of the radius.")
        return Found(found.robust, found.complete, test.rule, tuple(remarks))

    def _certified(self, count: Certified, test: testset.TestSet) -> Found:
        smoothing = Smoothing(sigma=count.sigma, draws=count.draws, alpha=count.alpha)
        found = certified_accuracy(self.classifier, test, count.radius, smoothing, self._running("certified"))
        remarks = (f"The base classifier is the network in {found.precision}.",)
        return Found(found.certified, found.complete, test.rule, remarks)


def agrees(claimed: Count, found: Count) -> bool:
    """Whether a number on a card is confirmed: one of the two rates lies in the other's 95% Wilson interval.

    Card and recount are of the same pictures, so they share the luck of which ones these were, and differ by
    rounding on another machine only. The interval is much wider than that, and narrow enough to expose other
    weights, another ε or another data set. It need not be mutual, or at a rate of 0 one picture would be too
    many: the interval of 1 in 1,000 does not reach 0.
    """
    return any(
        low <= rate <= high for rate, (low, high) in ((claimed.share, found.interval), (found.share, claimed.interval))
    )
