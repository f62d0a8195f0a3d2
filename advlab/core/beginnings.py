"""Where attacks that see labels only begin: a picture beyond the goal, not further away than it has to be.

A given picture comes first. Where there is none, or the model does not call it the target, noise is drawn until the
model's answer reaches the goal. Then the way from the clean image to it is looked at on nine scales: it may cross
many classes, and bisection alone ends at any of the crossings, often fifty times as far away as the nearest.
Every look is a query of the attack.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core import norms
from advlab.core.boundary import between
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle

TRIES = 100
_HALVINGS = 9
# The most queries of a beginning: a given picture, a guess, noise, the look on the way.
QUERIES = 2 + TRIES + _HALVINGS

# So many tries are of uniform noise, which mostly does. Networks often have one answer to all of it, and pictures of
# that class need something else: noise of coarser and coarser pixels, and half of the clean image in the noise.
_UNIFORM_TRIES = 10
_COARSE = (1, 2, 4, 8)
# Less than what changes of pixels differ by.
_TIE = 1e-3


def begin(o: DecisionOracle, guess: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """For each row a picture `[n, C, H, W]` beyond the goal, and whether `[n]` there is one; else the clean image.

    An attack's own `guess` `[n, C, H, W]` is tried before any noise.
    """
    x, found = _anywhere(o, guess)
    return _nearest(o, x, found.nonzero().squeeze(1)), found


def _anywhere(o: DecisionOracle, guess: Tensor | None) -> tuple[Tensor, Tensor]:
    x = o.x.clone()
    found = torch.zeros_like(o.rows, dtype=torch.bool)
    for picture in (o.start, guess):
        rows = (~found).nonzero().squeeze(1)
        if picture is not None and len(rows):
            good = rows[o.decisions(picture[rows], rows).reached]
            x[good], found[good] = picture[good], True
    for attempt in range(TRIES):
        rows = (~found & (o.remaining > 0)).nonzero().squeeze(1)
        if len(rows) == 0:
            break
        noise = _noise(o, rows, attempt)
        good = o.decisions(noise, rows).reached
        x[rows[good]] = noise[good]
        found[rows[good]] = True
    return x, found


def _noise(o: DecisionOracle, rows: Tensor, attempt: int) -> Tensor:
    """What is tried in this attempt `[r, C, H, W]`."""
    kind = max(0, attempt - _UNIFORM_TRIES + 1)
    coarse, blended = _COARSE[kind // 2 % len(_COARSE)], kind % 2 == 1
    channels, height, width = o.x.shape[1:]
    small = (channels, -(-height // coarse), -(-width // coarse))
    noise = o.noise.take(rows).uniform(small, draw=attempt).to(o.x.dtype)
    if o.norm is Norm.L0 or coarse > 1:  # black or white: a changed pixel costs the same, however little it changed
        noise = noise.round()
    if coarse > 1:
        noise = F.interpolate(noise, scale_factor=coarse)[..., :height, :width]
    return (noise + o.x[rows]) / 2 if blended else noise


def _nearest(o: DecisionOracle, x: Tensor, rows: Tensor) -> Tensor:
    """Of the points at 1/2, 1/4, ... of the way from the clean image, the nearest beyond the goal."""
    halvings = torch.arange(1, _HALVINGS + 1, device=x.device)
    row = rows.repeat_interleave(_HALVINGS)
    share = (0.5**halvings).to(x.dtype).repeat(len(rows))
    point = _on_the_way(o, x, row, share)
    reached = o.decisions(point, row).reached.reshape(len(rows), _HALVINGS)
    last = torch.where(reached, halvings, 0).amax(1)
    closer = last > 0
    x = x.clone()
    x[rows[closer]] = point.reshape(len(rows), _HALVINGS, *x.shape[1:])[closer, last[closer] - 1]
    return x


def _on_the_way(o: DecisionOracle, x: Tensor, row: Tensor, share: Tensor) -> Tensor:
    """Points at these shares of the way for these rows; in L0 of pixels that changed equally random ones stay."""
    if o.norm is not Norm.L0:
        return between(o.x[row], x[row], share, o.norm)
    change = x - o.x
    worth = change.square().sum(1) + _TIE * o.noise.uniform(x.shape[2:], draw=TRIES).to(x.dtype)
    count = (share * norms.size(change, Norm.L0)[row]).ceil().long()
    return norms.keep_pixels(x[row], o.x[row], count, worth[row])
