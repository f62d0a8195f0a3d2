"""The middle of each neighbourhood: single loud pixels vanish."""

from typing import ClassVar

from torch import Tensor

from advlab.core import windows
from advlab.core.attack import Widget, param
from advlab.core.classifier import Size
from advlab.core.randomness import Noise
from advlab.core.transformation import Transformation
from advlab.defenses import register


@register
class Median(Transformation):
    """Each value becomes the median of the window around it; of an even number the upper one of the middle two.

    Reference: Xu, Evans, Qi: Feature squeezing, NDSS 2018, arXiv 1704.01155, whose windows are 2 × 2 and 3 × 3.
    The gradient goes to the pixel that was chosen.
    """

    name: ClassVar[str] = "median"
    title: ClassVar[str] = "Median filter"

    size: int = param(3, "Window", "Pixels of its side.", ge=2, le=31, widget=Widget(2, 7))

    def check(self, size: Size) -> None:
        """The window is smaller than the picture."""
        windows.check(self.size, size, self.title)

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """Medians."""
        return windows.neighbours(x, self.size).sort(-1).values[..., self.size**2 // 2]
