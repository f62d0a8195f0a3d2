"""Finding the decision boundary between a clean image and one that reaches the goal."""

import torch
from torch import Tensor

from advlab.core.norms import Norm, keep_pixels, per_image, size
from advlab.core.oracle import Oracle


def between(clean: Tensor, found: Tensor, share: Tensor, norm: Norm) -> Tensor:
    """The point at `share` `[n]` of the way from `clean` to `found`: 0 is clean, 1 is found.

    For L∞ the perturbation is clipped to that share of its size, for L0 that share of its pixels stays, those that
    changed most; otherwise it is scaled.
    """
    delta = found - clean
    if norm is Norm.L0:
        return keep_pixels(found, clean, (share * size(delta, norm)).ceil().long())
    if norm is Norm.LINF:
        limit = per_image(share * delta.flatten(1).abs().amax(1), clean)
        return clean + torch.minimum(torch.maximum(delta, -limit), limit)
    return clean + per_image(share, clean) * delta


def bisect(o: Oracle, found: Tensor, tolerance: Tensor, rows: Tensor, most: int = 40) -> Tensor:
    """Move each `found` `[r, C, H, W]` of these rows towards the clean image, to the boundary.

    Stops at a share smaller than `tolerance` `[r]`, or when a row's budget ends; what is returned is
    always a point that the model was seen to put beyond the goal.
    """
    clean = o.x[rows]
    low, high = torch.zeros_like(tolerance), torch.ones_like(tolerance)
    best = found.clone()
    open_ = torch.ones_like(rows, dtype=torch.bool)
    for _ in range(most):
        open_ = open_ & (high - low > tolerance)
        where = open_.nonzero().squeeze(1)
        if len(where) == 0:
            break
        middle = (low[where] + high[where]) / 2
        point = between(clean[where], found[where], middle, o.norm)
        answer = o.decisions(point, rows[where])
        good, bad = where[answer.reached], where[answer.granted & ~answer.reached]
        high[good], low[bad] = middle[answer.reached], middle[answer.granted & ~answer.reached]
        best[good] = point[answer.reached]
        open_[where[~answer.granted]] = False
    return best


def shrink(o: Oracle, rows: Tensor, queries: int) -> None:
    """Ask, for these rows, for points between their best one and the clean image: the best becomes smaller."""
    rows = rows[o.best_size[rows].isfinite()]
    if len(rows):
        bisect(o, o.best_image[rows], o.eps.new_full((len(rows),), 1e-4), rows, queries)
