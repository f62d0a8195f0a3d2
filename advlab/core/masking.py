"""Defenses that hide the gradient and defend nothing: to show how that looks, and how it is found out."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from advlab.core.classifier import Classifier, without_normalisation
from advlab.core.defense import Defense, Gradients, Kind


class Masking(Defense):
    """A change of the logits that leaves their order alone.

    So every answer is the network's own, and who knows it climbs the network as if there were nothing.
    """

    kind: ClassVar[Kind] = Kind.MASKING

    @abstractmethod
    def change(self, logits: Tensor) -> Tensor:
        """The changed logits `[N, K]`, in the same order."""

    @property
    def gradients(self) -> tuple[Gradients, ...]:
        """Around it."""
        return (Gradients.RESCALED,)

    @property
    def through(self) -> str:
        """A sentence."""
        return "The attacker takes the logits before the change, which has the same answers."

    def wrap(self, classifier: Classifier, clean: Tensor | None = None) -> Classifier:
        """The classifier with its logits changed."""
        return Classifier(
            _Changed(self, classifier),
            classifier.labels,
            classifier.input_size,
            name=f"{classifier.name} behind {self.name}",
            preprocessing=without_normalisation(classifier.preprocessing),
            execution=classifier.execution,
            votes=classifier.votes,
            passes=classifier.passes,
        )

    def known(self, classifier: Classifier, clean: Tensor | None = None) -> Classifier:
        """The classifier itself."""
        return classifier


class _Changed(nn.Module):
    def __init__(self, masking: Masking, inner: Classifier) -> None:
        super().__init__()
        self.masking, self.inner = masking, inner

    def extra_repr(self) -> str:
        return f"{self.masking.name}, {self.masking!r}, mean={self.inner.preprocessing.mean}"

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.inner(x)
        with torch.autocast(x.device.type, enabled=False):
            return self.masking.change(logits)
