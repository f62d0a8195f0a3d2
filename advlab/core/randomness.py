"""Noise that belongs to a picture, not to a batch.

Each image has a key, made from the run's seed and the picture's digest. A number is a function of
(key, step, draw, position), so it is the same whichever batch the image is in, in whatever order
and on whatever device. The global generators of PyTorch and NumPy are never touched.

The function is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
OOPSLA 2014): a counter, multiplied and mixed. It is written in wrapping int64 arithmetic.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from advlab.core.parts import in_cache

_GOLDEN = 0x9E3779B97F4A7C15 - (1 << 64)
_MIX_1 = 0xBF58476D1CE4E5B9 - (1 << 64)
_MIX_2 = 0x94D049BB133111EB - (1 << 64)
_DRAW_SALT = 0xD1B54A32D192ED03 - (1 << 64)
_WORD = (1 << 64) - 1


def _mix(z: Tensor) -> Tensor:
    """SplitMix64's finalizer, in place: by NumPy where it can reach the numbers, which takes a third of the time."""
    if z.device.type != "cpu":
        return _mix_signed(z)
    bits = z.numpy().view(np.uint64)
    for shift, factor in ((30, _MIX_1), (27, _MIX_2)):
        bits ^= bits >> np.uint64(shift)
        bits *= np.uint64(factor & _WORD)
    bits ^= bits >> np.uint64(31)
    return z


def _mix_signed(z: Tensor) -> Tensor:
    """The same by PyTorch; shifts of int64 are arithmetic, so the sign is masked off."""
    for shift, factor in ((30, _MIX_1), (27, _MIX_2)):
        z ^= (z >> shift).bitwise_and_((1 << (64 - shift)) - 1)
        z *= factor
    z ^= (z >> 31).bitwise_and_((1 << 33) - 1)
    return z


def _mixed(z: int) -> int:
    """The same of one number: a tensor of one is far slower, and attacks draw at every step."""
    z &= _WORD
    for shift, factor in ((30, _MIX_1), (27, _MIX_2)):
        z = ((z ^ (z >> shift)) * factor) & _WORD
    z ^= z >> 31
    return z - (1 << 64) if z >> 63 else z


def picture_digest(image: Tensor) -> int:
    """64 bits that name a picture `[C, H, W]` by its float32 content."""
    data = image.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True)


# Of models with randomness in them: whose question this is (a seed), and its number.
_question: ContextVar[tuple[int, int]] = ContextVar("question", default=(0, 0))


@contextmanager
def question(seed: int, number: int) -> Iterator[None]:
    """Whatever a random model is asked in here, it answers with noise of this seed and number; see `fresh`."""
    token = _question.set((seed, number))
    try:
        yield
    finally:
        _question.reset(token)


def fresh(images: Tensor) -> "Noise":
    """The noise with which a random model answers these images `[N, C, H, W]`.

    It depends on the question that is open and on each image, not on how often anybody asked before: the same
    run gives the same noise, and another question, such as the verifier's, other noise.
    """
    seed, number = _question.get()
    content = _content(images)
    return Noise(_mix(torch.full_like(content, seed) * _GOLDEN ^ content), number)


def _content(images: Tensor) -> Tensor:
    """64 bits `[N]` of each image's float32 pixels, computed where the images are."""
    bits = images.detach().to(torch.float32).contiguous().flatten(1).view(torch.int32).long()
    place = torch.arange(1, bits.shape[1] + 1, device=bits.device) * _GOLDEN
    return torch.cat([_mix(bits[part] ^ place).sum(1) for part in in_cache(len(bits), bits.shape[1], bits.device)])


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

    def repeated(self, times: int) -> "Noise":
        """Streams for each image `times` over, each time of its own: `[N * times]`, an image's together."""
        first = torch.as_tensor(self.step, device=self.keys.device) * times
        steps = first.reshape(-1, 1) + torch.arange(times, device=self.keys.device)
        return Noise(self.keys.repeat_interleave(times), steps.expand(len(self.keys), times).flatten())

    def at(self, step: Tensor | int) -> "Noise":
        """The same streams at another step."""
        return Noise(self.keys, step)

    @cached_property
    def _at_step(self) -> Tensor:
        """`[N]` words of 64 bits, which all draws of a step have in common."""
        step = (self.step + 1) * _MIX_1
        return _mix(self.keys ^ (_mixed(step) if isinstance(step, int) else _mix(step.to(self.keys))))

    def _starts(self, draw: int | Tensor) -> Tensor:
        """`[N]` words of 64 bits, from which each row counts."""
        salt = draw * _DRAW_SALT + _GOLDEN
        return _mix(self._at_step ^ (_mixed(salt) if isinstance(salt, int) else _mix(salt.to(self.keys))))

    def _fill(self, words: int, draw: int | Tensor, write: Callable[[slice, Tensor], None]) -> None:
        """Give `write` the rows part by part, with `[r, 2 * words]` numbers uniform in [0, 1), 24 bits each."""
        starts = self._starts(draw)
        counter = torch.arange(1, words + 1, device=self.keys.device) * _GOLDEN
        for part in in_cache(len(starts), 2 * words, self.keys.device):
            bits = _mix(starts[part].unsqueeze(1) + counter)
            # Each word is two numbers of 32 bits with a sign; a float holds the upper 24.
            write(part, bits.view(torch.int32).bitwise_right_shift_(8).float().mul_(2.0**-24).add_(0.5))

    def uniform(self, shape: Sequence[int], draw: int | Tensor = 0) -> Tensor:
        """`[N, *shape]` float32, uniform in [0, 1)."""
        count = math.prod(shape)
        out = torch.empty(len(self.keys), count, device=self.keys.device)

        def write(part: slice, unit: Tensor) -> None:
            out[part] = unit[:, :count]

        self._fill((count + 1) // 2, draw, write)
        return out.reshape(-1, *shape)

    def normal(self, shape: Sequence[int], draw: int | Tensor = 0) -> Tensor:
        """`[N, *shape]` float32, standard normal (Box and Muller)."""
        count = math.prod(shape)
        half = (count + 1) // 2
        out = torch.empty(len(self.keys), count, device=self.keys.device)

        def write(part: slice, unit: Tensor) -> None:
            radius, angle = unit[:, :half], unit[:, half:].mul_(2 * math.pi)
            radius = radius.neg_().add_(1).log_().mul_(-2).sqrt_()  # 1 - u is in (0, 1]: log is finite
            torch.mul(radius, angle.cos(), out=out[part, :half])
            other = count - half
            torch.mul(radius[:, :other], angle.sin_()[:, :other], out=out[part, half:])

        self._fill(half, draw, write)
        return out.reshape(-1, *shape)

    def integers(self, high: Tensor | int, draw: int | Tensor = 0) -> Tensor:
        """`[N]` int64, uniform in 0 .. high - 1, with one bound for all or one a row."""
        return (_mix(self._starts(draw) + _GOLDEN) & ((1 << 62) - 1)) % high
