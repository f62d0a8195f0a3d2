"""Noise of a given size: perturbations that are drawn, not searched."""

import torch
from torch import Tensor

from advlab.core import norms
from advlab.core.norms import Norm, per_image

# Of the search for a length: how often it is doubled, which cuts off all but the smallest values, and halved.
_DOUBLINGS, _HALVINGS = 12, 24


def at_radius(clean: Tensor, delta: Tensor, norm: Norm, eps: Tensor) -> Tensor:
    """Images `[N, C, H, W]` in [0, 1] along `delta`, as far as the radius `[N]` goes.

    What the box cuts off is made good elsewhere: the perturbation is longer by as much as it takes. Where the corner of
    the box is nearer than the radius, that corner.
    """
    low, high = torch.zeros_like(eps), 1 / delta.flatten(1).abs().amax(1).clamp_min(1e-12)
    for _ in range(_DOUBLINGS):
        high = torch.where(norms.size(_moved(clean, delta, high) - clean, norm) < eps, 2 * high, high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = norms.size(_moved(clean, delta, middle) - clean, norm) <= eps
        low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    return _moved(clean, delta, low)


def _moved(clean: Tensor, delta: Tensor, length: Tensor) -> Tensor:
    return (clean + per_image(length, delta) * delta).clamp_(0, 1)
