"""Gradients from scores: differences between pairs of probes around each image."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core.losses import Loss
from advlab.core.oracle import ScoreOracle
from advlab.core.randomness import Noise

# How many values of one image's probes are held in memory at once; of the image alone, or others would matter.
_MOST_VALUES = 2**22

# Of the number of the first pair and how many: their directions [n, k, C, H, W].
Draw = Callable[[int, int], Tensor]


@dataclass(frozen=True)
class Estimate:
    """What the probes say about each image."""

    value: Tensor  # [n], the loss of the image itself; NaN where the budget was used up
    gradient: Tensor  # [n, C, H, W], the sum of all directions, each times the slope along it


def estimate(o: ScoreOracle, x: Tensor, draw: Draw, *, pairs: int, length: float, loss: Loss) -> Estimate:
    """Ask about each image `[n, C, H, W]` and about `pairs` pairs of probes, at `length` along directions and back.

    Probes are cut to [0, 1], since nobody can ask about other pictures; where that shortens the way between the two
    of a pair, the slope is that of the shorter way. A pair of which not both losses are finite says nothing. All
    questions go to the model together, unless they would not fit the memory.
    """
    at_once = max(1, _MOST_VALUES // (2 * x[0].numel()))
    value = x.new_empty(0)
    rises = torch.zeros_like(x)
    for first in range(0, pairs, at_once):
        directions = draw(first, min(at_once, pairs - first)).to(x.dtype)
        there, back = ((x.unsqueeze(1) + side * length * directions).clamp_(0, 1) for side in (1, -1))
        asked = torch.stack((there, back), 2).flatten(1, 2)
        if first == 0:
            losses = _losses(o, torch.cat((x.unsqueeze(1), asked), 1), loss)
            value, losses = losses[:, 0], losses[:, 1:]
        else:
            losses = _losses(o, asked, loss)
        rise = (losses[:, ::2] - losses[:, 1::2]).nan_to_num(0.0, 0.0, 0.0)
        rises += (directions * rise[..., None, None, None]).sum(1)
    way = (x + length).clamp_max(1) - (x - length).clamp_min(0)
    return Estimate(value, rises / way)


def _losses(o: ScoreOracle, asked: Tensor, loss: Loss) -> Tensor:
    """The losses `[n, k]` of `k` queries for each row `[n, k, C, H, W]`, in one question."""
    row = torch.arange(len(asked), device=asked.device).repeat_interleave(asked.shape[1])
    reply = o.logits(asked.flatten(0, 1), row)
    value = torch.where(reply.granted, loss(reply.logits, o.goal.take(row)), torch.nan)
    return value.reshape(asked.shape[:2])


def normal(noise: Noise, shape: Sequence[int]) -> Draw:
    """Directions whose values are standard normal."""
    return lambda first, count: _each(noise, shape, first, count, Noise.normal)


def signs(noise: Noise, shape: Sequence[int]) -> Draw:
    """Directions whose values are plus or minus one."""
    return lambda first, count: (_each(noise, shape, first, count, Noise.uniform) < 0.5) * 2.0 - 1.0


def _each(noise: Noise, shape: Sequence[int], first: int, count: int, of: Callable[..., Tensor]) -> Tensor:
    """Draws `first` to `first + count` of each row's noise `[n, count, *shape]`."""
    rows = len(noise.keys)
    draws = torch.arange(first, first + count, device=noise.keys.device).repeat(rows)
    row = torch.arange(rows, device=noise.keys.device).repeat_interleave(count)
    return of(noise.take(row), shape, draws).reshape(rows, count, *shape)
