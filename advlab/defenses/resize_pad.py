"""A random size at a random place before every answer."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core.attack import Widget, param
from advlab.core.classifier import Size
from advlab.core.randomness import Noise
from advlab.core.transformation import RandomTransformation
from advlab.defenses import register
from advlab.errors import ParameterError


@register
class ResizePad(RandomTransformation):
    """The picture is shrunk by a random share and put at a random place on black, anew for every answer.

    Reference: Xie, Wang, Zhang, Ren, Yuille: Mitigating adversarial effects through randomization, ICLR 2018,
    arXiv 1711.01991. Departure: they enlarge (299 to 331 pixels and more); networks of a fixed size cannot take
    that, so the picture shrinks within its own frame. Bilinear in place of nearest, so that gradients are exact.
    """

    name: ClassVar[str] = "resize_pad"
    title: ClassVar[str] = "Random resize and pad"

    smallest: float = param(
        0.9, "Smallest share", "Of the side that the picture may shrink to.", gt=0, le=1, widget=Widget(0.6, 1, 0.05)
    )

    def check(self, size: Size) -> None:
        """Some pixels are left."""
        if self.smallest * min(size[1:]) < 2:
            raise ParameterError(
                f"{self.title}: a share of {self.smallest:g} leaves nothing of {size[1]} × {size[2]} pixels; choose "
                f"more than {2 / min(size[1:]):.2g}."
            )

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """Shrunk and moved in one bilinear sampling."""
        share, down, across = noise.uniform((3,)).to(x).unbind(1)
        share = self.smallest + (1 - self.smallest) * share
        # From a place on the frame in [-1, 1] to the place in the picture that is shown there.
        room = (1 - share) / share
        zero = torch.zeros_like(share)
        across, down = (2 * across - 1) * room, (2 * down - 1) * room
        turn = torch.stack((torch.stack((1 / share, zero, across), 1), torch.stack((zero, 1 / share, down), 1)), 1)
        grid = F.affine_grid(turn, list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)
