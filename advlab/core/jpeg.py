"""JPEG as arithmetic, so that there is a gradient: the codec without its entropy coder, which loses nothing.

Reference: ITU-T T.81 (1992), annex K for the tables; Shin, Song: JPEG-resistant adversarial images, NeurIPS
workshop 2017, for rounding with a gradient. Here rounding passes the gradient on as it is.
"""

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_COLOUR = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
# From red, green and blue to luminance and the two differences of JFIF.
_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def compressed(x: Tensor, quality: int) -> Tensor:
    """Images `[N, C, H, W]` in [0, 1], of one or three channels, as a JPEG file of this quality gives them back.

    Colour is halved in both directions, as most encoders do it.
    """
    height, width = x.shape[2:]
    padded = F.pad(x * 255, (0, -width % 16, 0, -height % 16), mode="replicate")
    if x.shape[1] == 1:
        out = _quantised(padded - 128, _table(_LUMINANCE, quality)) + 128
    else:
        matrix = torch.tensor(_YCC, dtype=x.dtype, device=x.device)
        planes = torch.einsum("dc,nchw->ndhw", matrix, padded)
        light = _quantised(planes[:, :1] - 128, _table(_LUMINANCE, quality)) + 128
        colour = _quantised(F.avg_pool2d(planes[:, 1:], 2), _table(_COLOUR, quality))
        colour = F.interpolate(colour, scale_factor=2, mode="bilinear", align_corners=False)
        out = torch.einsum("dc,nchw->ndhw", matrix.inverse(), torch.cat((light, colour), 1))
    return (out[:, :, :height, :width] / 255).clamp(0, 1)


def _quantised(plane: Tensor, table: Tensor) -> Tensor:
    """Blocks of 8 × 8 as multiples of the table's steps in frequency."""
    count, channels, height, width = plane.shape
    blocks = plane.reshape(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    wave = _cosines().to(plane)
    steps = table.to(plane)
    scaled = (wave @ blocks @ wave.T) / steps
    rounded = scaled + (scaled.round() - scaled).detach()
    restored = wave.T @ (rounded * steps) @ wave
    return restored.transpose(3, 4).reshape(count, channels, height, width)


@cache
def _cosines() -> Tensor:
    """The orthonormal cosine transform of eight values, as a matrix."""
    place = torch.arange(8, dtype=torch.float64)
    wave = torch.cos(math.pi / 8 * torch.outer(place, place + 0.5)) / 2
    wave[0] /= math.sqrt(2)
    return wave


@cache
def _table(base: tuple[tuple[int, ...], ...], quality: int) -> Tensor:
    """The steps of a quality, as the reference encoder scales them."""
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return ((torch.tensor(base, dtype=torch.float64) * scale + 50) / 100).floor().clamp(1, 255)
