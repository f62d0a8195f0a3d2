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
    needs_clean: ClassVar[bool] = True

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
        threshold = self.threshold(self.scores(classifier, self._enough(clean)))
        return self.guarded(classifier, threshold), self.guarded(classifier, threshold, known=True)

    def guarded(self, classifier: Classifier, threshold: float, *, known: bool = False) -> Rejecting:
        """The classifier with a threshold that is known already."""
        module = _Guard(self.scoring(classifier, known=known), threshold)
        return Rejecting(
            classifier, module, name=f"{classifier.name} guarded by {self.name}", passes=self.passes * classifier.passes
        )

    def scores(self, classifier: Classifier, images: Tensor) -> Tensor:
        """The suspicion `[N]` of images `[N, C, H, W]`.

        Raises:
            InputError: the classifier sees one class in all of them, so that nothing can be learned of the others.
        """
        guarded = self.guarded(classifier, 0.0)

        def work(part: slice) -> tuple[Tensor, ...]:
            logits, acceptance = guarded.judged(images[part])
            return logits.argmax(1), -acceptance

        with torch.no_grad():
            answers, suspicion = in_chunks(len(images), guarded, work)
        if bool((answers == answers[0]).all()):
            label = classifier.labels[int(answers[0])]
            raise InputError(
                f"{self.title} is calibrated on pictures of several classes, and these are all “{label}”: add others."
            )
        return suspicion

    def threshold(self, scores: Tensor) -> float:
        """Between the scores `[N]` of clean pictures that are accepted and those that are not."""
        ordered = scores.sort().values.double()
        rejected = math.floor(self.false_positives * len(ordered))
        last = float(ordered[len(ordered) - 1 - rejected])
        above = float(ordered[len(ordered) - rejected]) if rejected else last + 1e-3 * max(1.0, abs(last))
        return (last + above) / 2

    def _enough(self, clean: Tensor | None) -> Tensor:
        least = math.ceil(1 / self.false_positives)
        count = 0 if clean is None else len(clean)
        if clean is None or count < least:
            raise InputError(
                f"{self.title} is calibrated on clean pictures first: {self.false_positives:.0%} false alarms need at "
                f"least {least} of them, and there are {count}."
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
