"""Logits so large that the softmax saturates: the cross-entropy of other libraries has no gradient left."""

from typing import ClassVar

from torch import Tensor

from advlab.core.attack import Widget, param
from advlab.core.masking import Masking
from advlab.defenses import register


@register
class ScaledLogits(Masking):
    """The logits times a constant: what a high temperature in distillation does, without the training.

    Reference: Carlini, Wagner: Towards evaluating the robustness of neural networks, IEEE S&P 2017, arXiv
    1608.04644, who found it behind defensive distillation.
    """

    name: ClassVar[str] = "scaled_logits"
    title: ClassVar[str] = "Saturated logits"

    factor: float = param(1000.0, "Factor", "Of all logits.", gt=0, le=1e6, widget=Widget(1, 10_000, 1))

    def change(self, logits: Tensor) -> Tensor:
        """Times the factor."""
        return logits * self.factor
