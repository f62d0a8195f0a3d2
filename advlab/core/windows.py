"""Neighbourhoods of pixels, for defenses that smooth."""

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core.classifier import Size
from advlab.errors import ParameterError


def mirrored(x: Tensor, before: int, after: int) -> Tensor:
    """Images `[N, C, H, W]` with so many pixels more on each side, mirrored with the edge repeated: c b a | a b c."""
    for axis in (2, 3):
        length = x.shape[axis]
        place = torch.arange(-before, length + after, device=x.device) % (2 * length)
        x = x.index_select(axis, torch.where(place < length, place, 2 * length - 1 - place))
    return x


def neighbours(x: Tensor, size: int) -> Tensor:
    """The `size` × `size` pixels around each one: `[N, C, H, W, size²]`; of an even size one more above and left."""
    padded = mirrored(x, size // 2, (size - 1) // 2)
    return padded.unfold(2, size, 1).unfold(3, size, 1).flatten(4)


def convolved(x: Tensor, kernel: Tensor) -> Tensor:
    """Each channel convolved with `kernel` `[k]` down and across; the edge is mirrored."""
    size, channels = len(kernel), x.shape[1]
    padded = mirrored(x, size // 2, (size - 1) // 2)
    kernel = kernel.to(x)
    down = F.conv2d(padded, kernel.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
    return F.conv2d(down, kernel.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)


def check(size: int, picture: Size, title: str) -> None:
    """See that a window fits into pictures of this size.

    Raises:
        ParameterError: it is as large as they are: nothing would be left of them.
    """
    if size >= min(picture[1:]):
        raise ParameterError(
            f"{title}: a window of {size} × {size} leaves nothing of {picture[1]} × {picture[2]} pixels; "
            f"choose less than {min(picture[1:])}."
        )
