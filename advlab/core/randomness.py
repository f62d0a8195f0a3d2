"""Noise that belongs to a picture, not to a batch.

Each image has a key, made from the run's seed and the picture's digest. A number is a function of
(key, step, draw, position), so it is the same whichever batch the image is in, in whatever order
and on whatever device. The global generators of PyTorch and NumPy are never touched.

The function is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
OOPSLA 2014): a counter, multiplied and mixed. It is written in wrapping int64 arithmetic.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_GOLDEN = 0x9E3779B97F4A7C15 - (1 << 64)
_MIX_1 = 0xBF58476D1CE4E5B9 - (1 << 64)
_MIX_2 = 0x94D049BB133111EB - (1 << 64)
_DRAW_SALT = 0xD1B54A32D192ED03 - (1 << 64)


def _mix(z: Tensor) -> Tensor:
    """SplitMix64's finalizer, in place; shifts of int64 are arithmetic, so the sign is masked off."""
    for shift, factor in ((30, _MIX_1), (27, _MIX_2)):
        z ^= (z >> shift) & ((1 << (64 - shift)) - 1)
        z *= factor
    z ^= (z >> 31) & ((1 << 33) - 1)
    return z


def picture_digest(image: Tensor) -> int:
    """64 bits that name a picture `[C, H, W]` by its float32 content."""
    data = image.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True)


@dataclass(frozen=True)
class Noise:
    """A stream of random numbers for each of `N` images.

    `step` may be a number or one a row; `draw` tells apart what is drawn in the same step, and the
    attack's rows may be repeated or left out with `take`.
    """

    keys: Tensor  # [N] int64
    step: Tensor | int = 0

    @classmethod
    def of(cls, seed: int, images: Tensor) -> "Noise":
        """Streams for the pictures `[N, C, H, W]` under one seed."""
        digests = torch.tensor([picture_digest(image) for image in images], dtype=torch.int64)
        keys = _mix(torch.full_like(digests, seed) * _GOLDEN ^ digests)
        return cls(keys.to(images.device))

    def take(self, rows: Tensor) -> "Noise":
        """The streams of some rows (an index or a mask)."""
        step = self.step[rows] if isinstance(self.step, Tensor) else self.step
        return Noise(self.keys[rows], step)

    def at(self, step: Tensor | int) -> "Noise":
        """The same streams at another step."""
        return Noise(self.keys, step)

    def _bits(self, count: int, draw: int | Tensor) -> Tensor:
        """`[N, count]` words of 64 random bits."""
        salt = _mix(torch.as_tensor(draw, device=self.keys.device).long() * _DRAW_SALT + _GOLDEN)
        start = _mix(self.keys ^ _mix((torch.as_tensor(self.step) + 1).to(self.keys) * _MIX_1))
        start = _mix(start ^ salt)
        counter = torch.arange(1, count + 1, device=self.keys.device) * _GOLDEN
        return _mix(start.unsqueeze(1) + counter)

    def _unit(self, count: int, draw: int | Tensor) -> tuple[Tensor, Tensor]:
        """Two float32 tensors `[N, ceil(count / 2)]`, uniform in [0, 1), 24 bits each."""
        bits = self._bits((count + 1) // 2, draw)
        scale = 2.0**-24
        return (bits & 0xFFFFFF).float() * scale, ((bits >> 40) & 0xFFFFFF).float() * scale

    def uniform(self, shape: Sequence[int], draw: int | Tensor = 0) -> Tensor:
        """`[N, *shape]` float32, uniform in [0, 1)."""
        count = math.prod(shape)
        return torch.cat(self._unit(count, draw), 1)[:, :count].reshape(-1, *shape)

    def normal(self, shape: Sequence[int], draw: int | Tensor = 0) -> Tensor:
        """`[N, *shape]` float32, standard normal (Box and Muller)."""
        count = math.prod(shape)
        first, second = self._unit(count, draw)
        radius = first.neg_().add_(1).log_().mul_(-2).sqrt_()  # 1 - u is in (0, 1]: log is finite
        angle = second.mul_(2 * math.pi)
        pair = torch.cat((radius * angle.cos(), radius.mul_(angle.sin())), 1)
        return pair[:, :count].reshape(-1, *shape)

    def integers(self, high: Tensor, draw: int | Tensor = 0) -> Tensor:
        """`[N]` int64, uniform in 0 .. high - 1, with one bound a row."""
        return (self._bits(1, draw).squeeze(1) & ((1 << 62) - 1)) % high
