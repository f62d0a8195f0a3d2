"""Common corruptions: what happens to pictures without anybody's intent, at five severities.

In the manner of Hendrycks, Dietterich: Benchmarking neural network robustness to common corruptions and
perturbations, ICLR 2019, arXiv 1903.12261, and not its very pixels. Theirs are made with OpenCV, ImageMagick and
scikit-image for pictures of 224 pixels, and CIFAR-10-C is a file; these are written in PyTorch for any size, and
how strong a severity is was chosen by us for sides of 28 to 64 pixels, with lengths in proportion to the side.
Numbers on them compare networks with each other, not with published tables. Other departures: shot noise is
normal with the variance of photon counts, haze is a sum of smooth random fields where theirs is a fractal, and
brightness is added to all channels where theirs is raised in HSV.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core import jpeg
from advlab.core.norms import per_image
from advlab.core.randomness import Noise
from advlab.errors import ParameterError

SEVERITIES = (1, 2, 3, 4, 5)
# Lengths below are for a side of so many pixels.
_SIDE = 32


@dataclass(frozen=True)
class Corruption:
    """One kind: how images `[N, C, H, W]` in [0, 1] become worse, by how much at each severity, and its name."""

    title: str
    amounts: tuple[float, float, float, float, float]
    change: Callable[[Tensor, float, Noise], Tensor]


def corrupted(images: Tensor, kind: str, severity: int, seed: int = 0) -> Tensor:
    """Corrupted pictures, in 8 bits as a file would hold them.

    What is random belongs to the picture, the kind and the seed: a picture is the same in every batch, and a higher
    severity is more of the same noise.

    Args:
        images: `[N, C, H, W]` in [0, 1].
        kind: one of `KINDS`.
        severity: 1 to 5.
        seed: of the noise.

    Returns:
        `[N, C, H, W]` in [0, 1], multiples of 1/255.

    Raises:
        ParameterError: there is no such kind or severity.
    """
    if kind not in KINDS:
        raise ParameterError(f"There is no corruption “{kind}”; there are: {', '.join(KINDS)}.")
    if severity not in SEVERITIES:
        raise ParameterError(f"Severities go from 1 to 5; there is no {severity}.")
    return with_noise(images, kind, severity, Noise.of(seed, images))


def with_noise(images: Tensor, kind: str, severity: int, noise: Noise) -> Tensor:
    """The same for a kind and a severity that there are, by the noise of these pictures."""
    corruption = KINDS[kind]
    changed = corruption.change(images, corruption.amounts[severity - 1], noise.at(list(KINDS).index(kind)))
    return (changed.clamp(0, 1) * 255).round() / 255


def _gaussian_noise(x: Tensor, spread: float, noise: Noise) -> Tensor:
    return x + spread * noise.normal(x.shape[1:]).to(x)


def _shot_noise(x: Tensor, photons: float, noise: Noise) -> Tensor:
    """White is so many photons; the fewer, the rougher."""
    return x + (x / photons).sqrt() * noise.normal(x.shape[1:]).to(x)


def _impulse_noise(x: Tensor, share: float, noise: Noise) -> Tensor:
    """That share of the values is black or white."""
    unit = noise.uniform(x.shape[1:]).to(x)
    return torch.where(unit < share / 2, 0.0, torch.where(unit > 1 - share / 2, 1.0, x))


def _defocus_blur(x: Tensor, radius: float, _: Noise) -> Tensor:
    """Every point is a disc, whose edge is smooth."""
    radius *= _scale(x)
    down, right = _offsets(math.ceil(radius), x)
    disc = (radius + 0.5 - (down**2 + right**2).sqrt()).clamp(0, 1)
    return _filtered(x, disc.expand(len(x), -1, -1))


def _motion_blur(x: Tensor, length: float, noise: Noise) -> Tensor:
    """Every point is a line, up to 45° from the horizontal."""
    half = length / 2 * _scale(x)
    angle = per_image((noise.uniform((1,)).squeeze(1).to(x) - 0.5) * math.pi / 2, x[:, 0])
    down, right = _offsets(math.ceil(half), x)
    along, across = right * angle.cos() + down * angle.sin(), down * angle.cos() - right * angle.sin()
    return _filtered(x, (half + 0.5 - along.abs()).clamp(0, 1) * (1 - across.abs()).clamp_min(0))


def _haze(x: Tensor, amount: float, noise: Noise) -> Tensor:
    """White in front of the picture, here thicker and there thinner."""
    thickness = torch.zeros_like(x[:, :1])
    for octave, cells in enumerate((2, 4, 8, 16)):
        grid = noise.uniform((1, cells + 1, cells + 1), draw=octave).to(x)
        thickness += F.interpolate(grid, x.shape[2:], mode="bilinear", align_corners=True) / 2**octave
    low, high = thickness.amin((1, 2, 3), keepdim=True), thickness.amax((1, 2, 3), keepdim=True)
    thickness = (thickness - low) / (high - low).clamp_min(1e-6)
    return (x + amount * thickness) / (1 + amount)


def _brightness(x: Tensor, amount: float, _: Noise) -> Tensor:
    return x + amount


def _contrast(x: Tensor, kept: float, _: Noise) -> Tensor:
    """So much of the differences from the mean of each channel is kept."""
    mean = x.mean((2, 3), keepdim=True)
    return mean + kept * (x - mean)


def _pixelate(x: Tensor, kept: float, _: Noise) -> Tensor:
    """So much of the resolution is kept."""
    fewer = [max(1, round(side * kept)) for side in x.shape[2:]]
    return F.interpolate(F.interpolate(x, fewer, mode="area"), x.shape[2:], mode="nearest-exact")


def _jpeg(x: Tensor, quality: float, _: Noise) -> Tensor:
    """Channels that are not red, green and blue are compressed one by one."""
    if x.shape[1] in (1, 3):
        return jpeg.compressed(x, int(quality))
    return jpeg.compressed(x.flatten(0, 1).unsqueeze(1), int(quality)).reshape(x.shape)


def _scale(x: Tensor) -> float:
    """How much longer lengths are; on tiny pictures not shorter, where less than a pixel would be nothing at all."""
    return max(1.0, min(x.shape[2:]) / _SIDE)


def _offsets(reach: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Places of a filter's weights against its centre, `[2 * reach + 1, 2 * reach + 1]` each."""
    place = torch.arange(-reach, reach + 1, device=like.device, dtype=like.dtype)
    down, right = torch.meshgrid(place, place, indexing="ij")
    return down, right


def _filtered(x: Tensor, weights: Tensor) -> Tensor:
    """Each image with weights of its own, `[N, K, K]`; they need not sum to one. Beyond the border is its mirror."""
    count, channels, height = x.shape[:3]
    weights = weights / weights.sum((1, 2), keepdim=True)
    reach = weights.shape[-1] // 2
    # The mirror of a picture that is narrower than the filter would need a mirror again.
    mode = "reflect" if reach < min(x.shape[2:]) else "replicate"
    padded = F.pad(x, (reach,) * 4, mode=mode).reshape(1, count * channels, height + 2 * reach, -1)
    kernels = weights.repeat_interleave(channels, 0).unsqueeze(1)
    return F.conv2d(padded, kernels, groups=count * channels).reshape(x.shape)


# The noise of a kind follows from its place here: new ones go to the end.
KINDS = {
    "gaussian_noise": Corruption("Gaussian noise", (0.04, 0.06, 0.08, 0.1, 0.12), _gaussian_noise),
    "shot_noise": Corruption("Shot noise", (500, 250, 100, 75, 50), _shot_noise),
    "impulse_noise": Corruption("Impulse noise", (0.01, 0.02, 0.03, 0.05, 0.07), _impulse_noise),
    "defocus_blur": Corruption("Defocus blur", (0.6, 0.8, 1.1, 1.5, 2.0), _defocus_blur),
    "motion_blur": Corruption("Motion blur", (2.0, 3.0, 4.0, 5.0, 6.5), _motion_blur),
    "haze": Corruption("Haze", (0.2, 0.35, 0.5, 0.75, 1.0), _haze),
    "brightness": Corruption("Brightness", (0.05, 0.1, 0.15, 0.2, 0.3), _brightness),
    "contrast": Corruption("Contrast", (0.75, 0.5, 0.4, 0.3, 0.15), _contrast),
    "pixelate": Corruption("Pixelate", (0.85, 0.7, 0.55, 0.45, 0.35), _pixelate),
    "jpeg": Corruption("JPEG", (80, 60, 45, 30, 20), _jpeg),
}
