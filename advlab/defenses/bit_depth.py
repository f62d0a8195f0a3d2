"""Fewer bits a pixel: small changes are rounded away, and so is the gradient."""

from typing import ClassVar

from torch import Tensor

from advlab.core.attack import Widget, param
from advlab.core.randomness import Noise
from advlab.core.transformation import Transformation
from advlab.defenses import register


@register
class BitDepth(Transformation):
    """Round every value to 2ᵇ levels.

    Reference: Xu, Evans, Qi: Feature squeezing: detecting adversarial examples in deep neural networks, NDSS 2018,
    arXiv 1704.01155. Its gradient is zero everywhere, which stops only who does not know it.
    """

    name: ClassVar[str] = "bit_depth"
    title: ClassVar[str] = "Fewer bits"
    backward: ClassVar[str | None] = "the identity"

    bits: int = param(3, "Bits", "Of each colour value.", ge=1, le=8, widget=Widget(1, 8))

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """Rounded to the nearest level."""
        levels = 2**self.bits - 1
        rounded: Tensor = (x * levels).round() / levels
        return rounded
