"""Fewer pixels: what attacks in L0 end with."""

import torch
from torch import Tensor

from advlab.core import losses, norms
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle

# Of each of the two searches: as many halvings as a picture of 64 × 64 needs.
HALVINGS = 12
QUERIES = 1 + 2 * HALVINGS
GRADIENTS = 1


def fewer_pixels(o: GradientOracle, rows: Tensor) -> None:
    """Ask, for these rows `[r]`, for images that change fewer pixels than their best one.

    The gradient there says what each pixel's change is worth. By that order as few of the changes as possible are
    kept; and as few pixels as possible, changed or not, are taken to the wall that the gradient points to, which is
    exact where the network is linear. At most `QUERIES` queries and `GRADIENTS` gradients an image.
    """
    rows = rows[o.best_size[rows].isfinite()]
    if len(rows) == 0:
        return
    clean, found = o.x[rows], o.best_image[rows]
    gradient = o.gradient(found, rows, loss=losses.margin).gradient
    _fewest(o, rows, found, (gradient * (found - clean)).sum(1))
    walls = torch.where(gradient > 0, 1.0, torch.where(gradient < 0, 0.0, clean))
    _fewest(o, rows, walls.to(clean), (gradient * (walls - clean)).sum(1))


def _fewest(o: GradientOracle, rows: Tensor, images: Tensor, worth: Tensor) -> None:
    """Search by halving how many pixels of `images`, the worthiest first, still reach the goal."""
    low, high = torch.zeros_like(o.best_size[rows]), o.best_size[rows]
    for _ in range(HALVINGS):
        where = (high - low > 1).nonzero().squeeze(1)
        if len(where) == 0:
            return
        count = ((low + high) / 2)[where].floor()
        point = norms.keep_pixels(images[where], o.x[rows[where]], count.long(), worth[where])
        good = o.decisions(point, rows[where]).reached
        high[where[good]] = torch.minimum(count[good], norms.size(point[good] - o.x[rows[where[good]]], Norm.L0))
        low[where[~good]] = count[~good]
