"""Planes and the box: the shortest way from an image to where a linearised network changes its mind.

A plane is where `slope · change = gap`: the change that makes up for a lead of `gap`, at these slopes. Every value
goes one way only, and no further than to its wall.
"""

import torch
from torch import Tensor

from advlab.core.norms import Norm, per_image, size, steepest

# Of Newton's method: it ends in less than ten, and each round settles at least one value.
_ROUNDS = 100
# Of L1: how many of the steepest values are looked at first.
_FEW = 256


def towards(images: Tensor, slope: Tensor, gap: Tensor, norm: Norm) -> Tensor:
    """The smallest change `[n, ...]` of images in [0, 1] to the plane `slope · change = gap` inside the box.

    Where the box does not reach the plane it is the change to the corner that comes nearest to it. Exact up to
    rounding; the norm is L∞, L2 or L1. What is not finite counts as zero.

    Reference: Croce, Hein: Minimally distorted adversarial examples with a fast adaptive boundary attack, ICML 2020,
    arXiv 1907.02044, section 2.2. They sort the values to find how far each goes; for L∞ and L2 see `_pace`.
    """
    slope, gap = slope.flatten(1).nan_to_num(0.0, 0.0, 0.0), gap.nan_to_num(0.0, 0.0, 0.0)
    flat = images.flatten(1)
    direction = (slope * gap.sign().unsqueeze(1)).sign()
    room = torch.where(direction > 0, 1 - flat, flat)
    steep, gap = slope.abs(), gap.abs()
    length = _greedy(steep, room, gap) if norm is Norm.L1 else _even(steep, room, gap, norm)
    return (length * direction).reshape(images.shape)


def freely(slope: Tensor, gap: Tensor, norm: Norm) -> Tensor:
    """The smallest change `[n, ...]` to the plane `slope · change = gap` were there no box; the norm is L∞ or L2."""
    slope, gap = slope.nan_to_num(0.0, 0.0, 0.0), gap.nan_to_num(0.0, 0.0, 0.0)
    direction = steepest(slope, norm)
    rise = (direction * slope).flatten(1).sum(1)
    return direction * per_image(torch.where(rise > 0, gap / rise, 0.0), slope)


def nearest(images: Tensor, slopes: Tensor, gaps: Tensor, norm: Norm) -> Tensor:
    """Which `[n]` of the planes `slopes` `[n, k, ...]`, `gaps` `[n, k]` is nearest to its image inside the box.

    Planes that the box does not reach come last, in the order of what they lack.
    """
    count, planes = gaps.shape
    if planes == 1:
        return torch.zeros_like(gaps[:, 0], dtype=torch.int64)
    slopes, gaps = slopes.flatten(0, 1), gaps.flatten()
    change = towards(images.repeat_interleave(planes, 0), slopes, gaps, norm)
    lacks = gaps.abs() - (change * slopes).flatten(1).sum(1).abs()
    far = ~(lacks <= 1e-4 * gaps.abs())
    # No size is larger than the number of values.
    away = torch.where(far, change[0].numel() + 1 + lacks, size(change, norm))
    return away.nan_to_num(torch.inf).reshape(count, planes).argmin(1)


def _even(steep: Tensor, room: Tensor, gap: Tensor, norm: Norm) -> Tensor:
    """Lengths `[n, D]`: in L∞ all the same, in L2 in proportion to the slope, each cut at its room."""
    pace = steep if norm is Norm.L2 else torch.ones_like(gap).unsqueeze(1)
    wall = room / pace if norm is Norm.L2 else room
    return torch.minimum(_pace(steep * pace, steep * room, wall, gap).unsqueeze(1) * pace, room)


def _pace(gain: Tensor, most: Tensor, wall: Tensor, gap: Tensor) -> Tensor:
    """The smallest `t` `[n]` with `sum(min(t * gain, most)) = gap`; value `i` is at its most from `wall[i]` on.

    The sum is concave in t, so Newton's method comes from below and ends exactly, in a few rounds: a sort of all
    values takes several times as long.
    """
    t = (gap / gain.sum(1)).nan_to_num(0.0, 0.0, 0.0)
    for _ in range(_ROUNDS):
        free = (wall > t.unsqueeze(1)).to(gain.dtype)
        growth = (free * gain).sum(1)
        rest = gap - ((1 - free) * most).sum(1)
        further = torch.where(growth > 0, rest / growth, t)
        # A row that has arrived stays where it is: none depends on how long another one takes.
        moving = further > t
        if not bool(moving.any()):
            break
        t = torch.where(moving, further, t)
    return t


def _greedy(steep: Tensor, room: Tensor, gap: Tensor) -> Tensor:
    """Lengths `[n, D]` in L1: the steepest values first, each as far as it can go, until the gap is closed.

    The few steepest are mostly enough, and found in a quarter of the time that a sort of all takes.
    """
    for most in (_FEW, steep.shape[1]):
        slope, order = steep.topk(min(most, steep.shape[1]), dim=1)
        limit = room.gather(1, order)
        gain = slope * limit
        total = gain.cumsum(1)
        if order.shape[1] == steep.shape[1] or bool((total[:, -1] >= gap).all()):
            break
    wanted = (gap.unsqueeze(1) - total + gain).clamp_min_(0) / slope
    return torch.zeros_like(room).scatter_(1, order, torch.minimum(wanted.nan_to_num_(0.0), limit))
