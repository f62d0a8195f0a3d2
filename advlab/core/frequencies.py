"""Random directions of low spatial frequency, by the discrete cosine transform."""

import math

import torch
from torch import Tensor

from advlab.core.randomness import Noise


def waves(size: int, count: int, like: Tensor) -> Tensor:
    """The `count` slowest of the orthonormal cosines over `size` pixels `[count, size]` (DCT-II)."""
    place = torch.arange(size, device=like.device, dtype=like.dtype) + 0.5
    pace = torch.arange(count, device=like.device, dtype=like.dtype).unsqueeze(1)
    rows = torch.cos(math.pi / size * pace * place) * math.sqrt(2 / size)
    rows[0] /= math.sqrt(2)
    return rows


def noise(source: Noise, most: int, like: Tensor, draw: int | Tensor = 0) -> Tensor:
    """Normal noise shaped as the images `like`, in the `most` lowest frequencies along each side.

    Where that is all of them it is plain noise: normal noise is the same in every basis.
    """
    channels, height, width = like.shape[1:]
    rows, columns = min(most, height), min(most, width)
    drawn = source.normal((channels, rows, columns), draw).to(like.dtype)
    if rows < height:
        drawn = waves(height, rows, like).T @ drawn
    return drawn @ waves(width, columns, like) if columns < width else drawn
