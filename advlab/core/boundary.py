"""Finding the decision boundary between a clean image and one that reaches the goal."""

from collections.abc import Callable

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


# Points `[r, C, H, W]` of some of a search's rows (their places), each at its own value `[r]` of one parameter.
Path = Callable[[Tensor, Tensor], Tensor]


def bisect(o: Oracle, found: Tensor, tolerance: Tensor, rows: Tensor, most: int = 40) -> Tensor:
    """Move each `found` `[r, C, H, W]` of these rows towards the clean image, to the boundary.

    Stops at a share smaller than `tolerance` `[r]`, or when a row's budget ends; what is returned is
    always a point that the model was seen to put beyond the goal.
    """
    clean = o.x[rows]
    low, high = torch.zeros_like(tolerance), torch.ones_like(tolerance)

    def path(where: Tensor, share: Tensor) -> Tensor:
        return between(clean[where], found[where], share, o.norm)

    return bisect_along(o, path, found, low, high, tolerance=tolerance, rows=rows, most=most)[0]


def bisect_along(
    o: Oracle, path: Path, found: Tensor, low: Tensor, high: Tensor, *, tolerance: Tensor, rows: Tensor, most: int = 40
) -> tuple[Tensor, Tensor]:
    """The last of the points seen beyond the goal, and its place `[r]` on the path, on which `low` is not beyond it.

    `found` `[r, C, H, W]` are the points at `high`, of these rows.
    """
    best, low, high = found.clone(), low.clone(), high.clone()
    open_ = torch.ones_like(rows, dtype=torch.bool)
    for _ in range(most):
        open_ = open_ & ((high - low).abs() > tolerance)
        where = open_.nonzero().squeeze(1)
        if len(where) == 0:
            break
        middle = (low[where] + high[where]) / 2
        point = path(where, middle)
        answer = o.decisions(point, rows[where])
        good, bad = where[answer.reached], where[answer.granted & ~answer.reached]
        high[good], low[bad] = middle[answer.reached], middle[answer.granted & ~answer.reached]
        best[good] = point[answer.reached]
        open_[where[~answer.granted]] = False
    return best, high


def approach(
    o: Oracle, path: Path, found: Tensor, high: Tensor, *, first: float, tolerance: Tensor, rows: Tensor
) -> tuple[Tensor, Tensor]:
    """As `bisect_along` down to zero, for points that are near the boundary: it is met in strides that double.

    The first stride is this share of `high` `[r]`; `tolerance` `[r]` is one of the path's values.
    """
    best, low, high = found.clone(), torch.zeros_like(high), high.clone()
    top, stride = high.clone(), first
    going = torch.arange(len(rows), device=rows.device)
    while len(going) and stride < 1:
        place = top[going] * (1 - stride)
        point = path(going, place)
        answer = o.decisions(point, rows[going])
        good = going[answer.reached]
        best[good], high[good] = point[answer.reached], place[answer.reached]
        low[going[~answer.reached]] = place[~answer.reached]
        going, stride = good, 2 * stride
    return bisect_along(o, path, best, low, high, tolerance=tolerance, rows=rows)


def shrink(o: Oracle, rows: Tensor, queries: int) -> None:
    """Ask, for these rows, for points between their best one and the clean image: the best becomes smaller."""
    rows = rows[o.best_size[rows].isfinite()]
    if len(rows):
        bisect(o, o.best_image[rows], o.eps.new_full((len(rows),), 1e-4), rows, queries)
