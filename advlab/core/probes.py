"""Estimating the decision boundary's normal at a point from the labels of many probes around it."""

from collections.abc import Callable

import torch
from torch import Tensor

from advlab.core import norms
from advlab.core.oracle import DecisionOracle
from advlab.core.parts import in_cache

# How many numbers of probes are held in memory at once.
_VALUES = 2**25

# Probes `[q, C, H, W]` for these rows `[q]` with these numbers `[q]`.
Draw = Callable[[Tensor, Tensor], Tensor]


def normal(o: DecisionOracle, x: Tensor, counts: Tensor, draw: Draw) -> Tensor:
    """A direction `[n, C, H, W]` into the goal's region at points `x`, from `counts` `[n]` probes (a Monte Carlo mean).

    Its length is of no meaning; it is zero where nothing was granted.
    """
    n, values = len(x), x[0].numel()
    at_once = min(o.at_once, max(1, _VALUES // values))
    queue = torch.repeat_interleave(torch.arange(n, device=x.device), counts)
    begins = torch.repeat_interleave(counts.cumsum(0) - counts, counts)
    draws = torch.arange(len(queue), device=x.device) - begins
    # Sums of the probes that stay outside, then of those that reach the goal, and their numbers.
    sums = torch.cat((torch.zeros_like(x), torch.zeros_like(x)))
    numbers = x.new_zeros(2 * n)
    for begin in range(0, len(queue), at_once):
        row, number = queue[begin : begin + at_once], draws[begin : begin + at_once]
        point = x.new_empty(len(row), *x.shape[1:])
        for part in in_cache(len(row), values, x.device):
            point[part] = draw(row[part], number[part])
        answer = o.decisions(point, row)
        place = row + n * answer.reached
        numbers.index_add_(0, place, answer.granted.to(x.dtype))
        for part in in_cache(len(row), values, x.device):
            left = point[part] - x[row[part]]  # what the box left of the probe
            sums.index_add_(0, place[part], left * norms.per_image(answer.granted[part], left))
    missed, reached, misses, hits = sums[:n], sums[n:], numbers[:n], numbers[n:]
    mean = (hits - misses) / (hits + misses).clamp_min(1)
    # A baseline halves the variance; without it where all probes agree.
    weight = norms.per_image(torch.where(mean.abs() == 1, 0.0, mean), x)
    return (1 - weight) * reached - (1 + weight) * missed
