"""Random squares and what is put into them: Square's geometry.

Reference: Andriushchenko, Croce, Flammarion, Hein: Square attack, ECCV 2020, arXiv 1912.00049.
"""

import math

import torch
from torch import Tensor

from advlab.core.norms import Norm
from advlab.core.randomness import Noise

# How fast a pyramid falls: its k-th rectangle adds 1 / k to this power.
_FALL = {Norm.L2: 2, Norm.L1: 4}


def signs(noise: Noise, shape: tuple[int, ...], like: Tensor, draw: int = 0) -> Tensor:
    """Plus or minus one, `[n, *shape]`."""
    return (noise.uniform(shape, draw=draw) < 0.5).to(like.dtype) * 2 - 1


def side(share: float, height: int, width: int) -> int:
    """Side of a square that holds this share of the pixels."""
    return min(max(round(math.sqrt(share * height * width)), 1), height, width)


def odd_side(share: float, height: int, width: int) -> int:
    """The same for a square with a middle: an odd number, three at least, where the picture has room."""
    least = max(side(share, height, width), 3)
    return min(least + 1 - least % 2, height, width)


def window(noise: Noise, side: int, height: int, width: int, draw: int) -> Tensor:
    """A mask `[n, 1, H, W]` that is true in one square of each row, anywhere in the image."""
    top = noise.integers(height - side + 1, draw=draw).reshape(-1, 1, 1, 1)
    left = noise.integers(width - side + 1, draw=draw + 1).reshape(-1, 1, 1, 1)
    row = torch.arange(height, device=top.device).reshape(1, 1, -1, 1)
    column = torch.arange(width, device=top.device).reshape(1, 1, 1, -1)
    return (row >= top) & (row < top + side) & (column >= left) & (column < left + side)


def mosaic(noise: Noise, like: Tensor, norm: Norm) -> Tensor:
    """About five bumps of random sign across, `[n, C, H, W]`, each of size 1 in the norm."""
    channels, height, width = like.shape[1:]
    tile = max(1, min(height, width) // 5)
    rows, columns = height // tile, width // tile
    turned = noise.uniform((1, rows, columns), draw=1) > 0.5
    one = bump(tile, like, norm)
    tiles = torch.where(turned[..., None, None], one.T, one)
    tiles = tiles * signs(noise, (channels, rows, columns), like)[..., None, None]
    delta = torch.zeros_like(like)
    top, left = (height - rows * tile) // 2, (width - columns * tile) // 2
    delta[..., top : top + rows * tile, left : left + columns * tile] = tiles.transpose(3, 4).reshape(
        len(like), channels, rows * tile, columns * tile
    )
    return delta


def bump(side: int, like: Tensor, norm: Norm) -> Tensor:
    """Two opposite pyramids `[side, side]`, of size 1 together (the paper's eta)."""
    upper = _pyramid(side // 2, side, like, norm)
    lower = _pyramid(side - side // 2, side, like, norm)
    both = torch.cat((upper, -lower))
    return both / length(both, norm)


def _pyramid(height: int, width: int, like: Tensor, norm: Norm) -> Tensor:
    """Nested rectangles around the middle, of size 1."""
    delta = torch.zeros(height, width, dtype=like.dtype, device=like.device)
    if height == 0:
        return delta
    top, left = height // 2, width // 2
    for k in range(max(top, left) + 1):
        delta[max(top - k, 0) : top + k + 1, max(left - k, 0) : left + k + 1] += 1 / (k + 1) ** _FALL[norm]
    return delta / length(delta, norm)


def length(delta: Tensor, norm: Norm) -> Tensor:
    """Size `[...]` of the last two axes `[..., H, W]`, in L2 or L1."""
    return delta.square().sum((-2, -1)).sqrt() if norm is Norm.L2 else delta.abs().sum((-2, -1))
