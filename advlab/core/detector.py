"""Defenses that refuse to answer: a score of suspicion, and a threshold from clean pictures."""

import math
from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from advlab.core.attack import Widget, param
from advlab.core.classifier import Classifier
from advlab.core.defense import Defense, Gradients, Kind
from advlab.core.memory import in_chunks
from advlab.core.rejecting import Rejecting
from advlab.errors import InputError


class Detector(Defense):
    """A score of each picture: above the threshold it is rejected.

    The threshold is set first, on clean pictures that are used for nothing else, so that a chosen share of them is
    rejected; no attack has a part in it.
    """

    kind: ClassVar[Kind] = Kind.DETECTOR
    calibration: ClassVar[int] = 60

    false_positives: float = param(
        0.05, "False alarms", "The share of clean pictures that may be rejected.", gt=0, lt=1,
        widget=Widget(0.01, 0.2, 0.01),
    )  # fmt: skip

    @abstractmethod
    def scoring(self, classifier: Classifier, *, known: bool) -> nn.Module:
        """A module from images `[N, C, H, W]` to logits `[N, K]` and suspicion `[N]`; `known`: one to be climbed."""

    @property
    def passes(self) -> int:
        """How many passes through the network a score takes."""
        return 1

    @property
    def gradients(self) -> tuple[Gradients, ...]:
        """Exact, unless a detector says otherwise."""
        return (Gradients.EXACT,)

    @property
    def through(self) -> str:
        """A sentence."""
        return "The attacker goes straight through the score, and weighs it against the class."

    def wrap(self, classifier: Classifier, clean: Tensor | None = None) -> Rejecting:
        """The guarded classifier, its threshold set on `clean` pictures `[N, C, H, W]`.

        Raises:
            InputError: there are too few of them, or the classifier sees one class in all of them.
        """
        return self.both(classifier, clean)[0]

    def known(self, classifier: Classifier, clean: Tensor | None = None) -> Rejecting:
        """The same threshold, with scores that can be climbed."""
        return self.both(classifier, clean)[1]

    def both(self, classifier: Classifier, clean: Tensor | None = None) -> tuple[Rejecting, Rejecting]:
        """`wrap` and `known`, with one threshold."""
        deployed, known, held_out = self.fitted(classifier, self._enough(clean))
        threshold = self.threshold(self._suspicion(classifier, deployed, held_out))
        return self._guarded(classifier, deployed, threshold), self._guarded(classifier, known, threshold)

    def fitted(self, classifier: Classifier, clean: Tensor) -> tuple[nn.Module, nn.Module, Tensor]:
        """What scores, as it is deployed and as it is climbed, and those of the clean pictures that set the threshold.

        All of them do where nothing is learned from any.

        Raises:
            InputError: nothing can be learned from these.
        """
        return self.scoring(classifier, known=False), self.scoring(classifier, known=True), clean

    def scores(self, classifier: Classifier, images: Tensor) -> Tensor:
        """The suspicion `[N]` of images `[N, C, H, W]`.

        Raises:
            InputError: the classifier sees one class in all of them, so that nothing can be learned of the others.
        """
        return self._suspicion(classifier, self.scoring(classifier, known=False), images)

    def _guarded(self, classifier: Classifier, scoring: nn.Module, threshold: float) -> Rejecting:
        name, passes = f"{classifier.name} guarded by {self.name}", self.passes * classifier.passes
        return Rejecting(classifier, _Guard(scoring, threshold), name=name, passes=passes)

    def _suspicion(self, classifier: Classifier, scoring: nn.Module, images: Tensor) -> Tensor:
        guarded = self._guarded(classifier, scoring, 0.0)

        def work(part: slice) -> tuple[Tensor, ...]:
            logits, acceptance = guarded.judged(images[part])
            return logits.argmax(1), -acceptance

        with torch.no_grad():
            answers, suspicion = in_chunks(len(images), guarded, work)
        self.several(classifier, answers)
        return suspicion

    def several(self, classifier: Classifier, answers: Tensor) -> None:
        """See that there is more than one class in the answers `[N]` to clean pictures.

        Raises:
            InputError: there is not.
        """
        if bool((answers == answers[0]).all()):
            label = classifier.labels[int(answers[0])]
            raise InputError(
                f"{self.title} is calibrated on pictures of several classes, and these are all “{label}”: add others."
            )

    def threshold(self, scores: Tensor) -> float:
        """Between the scores `[N]` of clean pictures that are accepted and those that are not."""
        ordered = scores.sort().values.double()
        rejected = math.floor(self.false_positives * len(ordered))
        last = float(ordered[len(ordered) - 1 - rejected])
        above = float(ordered[len(ordered) - rejected]) if rejected else last + 1e-3 * max(1.0, abs(last))
        return (last + above) / 2

    @property
    def least(self) -> int:
        """How many clean pictures there must be, for one false alarm among those that set the threshold."""
        return math.ceil(1 / self.false_positives)

    def _enough(self, clean: Tensor | None) -> Tensor:
        count = 0 if clean is None else len(clean)
        if clean is None or count < self.least:
            raise InputError(
                f"{self.title} is calibrated on clean pictures first: {self.false_positives:.0%} false alarms need at "
                f"least {self.least} of them, and there are {count}."
            )
        return clean


class _Guard(nn.Module):
    """A scoring with its threshold: logits and acceptance."""

    def __init__(self, scoring: nn.Module, threshold: float) -> None:
        super().__init__()
        self.scoring, self.threshold = scoring, threshold

    def extra_repr(self) -> str:
        return f"threshold={self.threshold!r}"

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, suspicion = self.scoring(x)
        return logits, self.threshold - suspicion
