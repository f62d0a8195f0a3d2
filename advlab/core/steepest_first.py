"""Fewer pixels, less change: how searches in L0 and L1 end, where the shortest way is along the steepest values."""

import torch
from torch import Tensor

from advlab.core import losses, norms
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle

# Of each of the two searches: as many halvings as a picture of 128 × 128 needs in L0.
_HALVINGS = 14
QUERIES = 1 + 2 * _HALVINGS
GRADIENTS = 1


def prune(o: GradientOracle, rows: Tensor) -> None:
    """Ask, for these rows `[r]`, for smaller images than their best one, in L0 or L1.

    The gradient there says what each change is worth. In that order as few of the changes as possible are kept; and
    as few values as possible, changed or not, go to the wall that the gradient points to, which is exact where the
    network is linear. At most `QUERIES` queries and `GRADIENTS` gradients an image.
    """
    rows = rows[o.best_size[rows].isfinite()]
    if len(rows) == 0:
        return
    clean, found = o.x[rows], o.best_image[rows]
    gradient = o.gradient(found, rows, loss=losses.margin).gradient
    walls = torch.where(gradient > 0, 1, torch.where(gradient < 0, 0, clean))
    for images in (found, walls.to(clean)):
        if o.norm is Norm.L0:
            _fewest(o, rows, images, (gradient * (images - clean)).sum(1))
        else:
            _shortest(o, rows, images, gradient)


def _fewest(o: GradientOracle, rows: Tensor, images: Tensor, worth: Tensor) -> None:
    """Search by halving how many pixels of `images`, by their worth `[r, H, W]`, still reach the goal."""
    low, high = torch.zeros_like(o.best_size[rows]), o.best_size[rows]
    for _ in range(_HALVINGS):
        where = (high - low > 1).nonzero().squeeze(1)
        if len(where) == 0:
            return
        count = ((low + high) / 2)[where].floor()
        point = norms.keep_pixels(images[where], o.x[rows[where]], count.long(), worth[where])
        good = o.decisions(point, rows[where]).reached
        high[where[good]], low[where[~good]] = count[good], count[~good]


def _shortest(o: GradientOracle, rows: Tensor, images: Tensor, gradient: Tensor) -> None:
    """Search by halving how much of the way to `images`, the steepest values first, still reaches the goal."""
    clean = o.x[rows]
    delta = (images - clean).flatten(1)
    order = (gradient.flatten(1) * delta.sign()).argsort(dim=1, descending=True, stable=True)
    length = delta.abs().gather(1, order)
    before = length.cumsum(1) - length
    low, high = torch.zeros_like(o.best_size[rows]), o.best_size[rows]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        taken = torch.minimum((middle.unsqueeze(1) - before).clamp_min_(0), length)
        change = torch.zeros_like(delta).scatter_(1, order, taken) * delta.sign()
        good = o.decisions(clean + change.reshape(clean.shape), rows).reached
        low, high = torch.where(good, low, middle), torch.where(good, middle, high)
