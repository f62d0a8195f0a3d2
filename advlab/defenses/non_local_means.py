"""The mean of what looks alike, wherever it is: noise goes, edges stay."""

from typing import ClassVar

import torch
from torch import Tensor

from advlab.core import windows
from advlab.core.attack import Widget, param
from advlab.core.classifier import Size
from advlab.core.randomness import Noise
from advlab.core.transformation import Transformation
from advlab.defenses import register


@register
class NonLocalMeans(Transformation):
    """Each pixel becomes the mean of those in the search window, weighted by how alike their patches are.

    The weight is exp(-d² / h²), d² the mean squared difference of the two patches over pixels and channels.

    Reference: Buades, Coll, Morel: A non-local algorithm for image denoising, CVPR 2005; as a squeezer in Xu,
    Evans, Qi: Feature squeezing, NDSS 2018, arXiv 1704.01155, whose search windows are 11 and 13 pixels wide, the
    patches 3. Its gradient exists and costs many times its value: who knows it goes back through the identity.
    """

    name: ClassVar[str] = "non_local_means"
    title: ClassVar[str] = "Non-local means"
    backward: ClassVar[str | None] = "the identity"

    search: int = param(11, "Search window", "Pixels of its side.", ge=3, le=31, widget=Widget(3, 21, 2))
    patch: int = param(3, "Patch", "Pixels of the side of what is compared.", ge=1, le=11, widget=Widget(1, 7, 2))
    strength: float = param(
        0.08, "Strength", "h: differences well below it count as noise; pixels in [0, 1].", gt=0, le=1,
        widget=Widget(0.01, 0.3, 0.01),
    )  # fmt: skip

    def check(self, size: Size) -> None:
        """The search window is smaller than the picture."""
        windows.check(max(self.search, self.patch), size, self.title)

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """The weighted means, one shift of the search window after the other."""
        reach, height, width = self.search // 2, x.shape[2], x.shape[3]
        around = windows.mirrored(x, reach, reach)
        total, weights = torch.zeros_like(x), torch.zeros_like(x[:, :1])
        kernel = torch.full((self.patch,), 1 / self.patch)
        for down in range(2 * reach + 1):
            for across in range(2 * reach + 1):
                moved = around[:, :, down : down + height, across : across + width]
                distance = windows.convolved((x - moved).square().mean(1, keepdim=True), kernel)
                weight = torch.exp(-distance / self.strength**2)
                total += weight * moved
                weights += weight
        return total / weights
