"""A slice of picture space: what a model answers in a plane, finely near its decision boundaries only.

A coarse grid is asked about everywhere. Then the grid is halved again and again: in between, answers are guessed
from the corners, and the model is asked where guesses disagree with their neighbours, or where two classes are so
close that a boundary may hide. So most of the questions go to where the picture is decided.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from advlab.analysis.plane import Plane
from advlab.analysis.readings import Reader
from advlab.errors import ParameterError

Array = np.ndarray[Any, np.dtype[Any]]

VALUES = ("margin", "probability", "loss", "lead")

# Positions, unlike pictures, are nothing: so many are made into pictures at a time.
_BLOCK = 256
# A cell is looked into where the lead at a corner is less than this part of how much it varies over the cell.
_CLOSE = 0.1


@dataclass(frozen=True)
class Slice:
    """A square grid of answers; row `i` is at `lines[i]` of the plane's second axis, column `j` of its first.

    Attributes:
        lines: positions `[N]`, in the plane's norm.
        index: the class `[N, N]` that is answered.
        values: what `VALUES` names, `[N, N]` each; see `Readings`.
        known: where the model was asked `[N, N]`; elsewhere the rest is guessed from the nearest that are known.
        complete: whether this is the resolution that was wanted.
    """

    lines: Array
    index: Array
    values: dict[str, Array]
    known: Array
    complete: bool = False

    @property
    def asked(self) -> int:
        """How many pictures the model was asked about."""
        return int(self.known.sum())


@dataclass(frozen=True)
class Explorer:
    """Asks about a plane.

    Attributes:
        reader: whom, and about which class. Where it does not clip the plane is flat, but beyond its box
            (`Plane.box`) there are no pictures.
        plane: where.
    """

    reader: Reader
    plane: Plane

    def explore(self, reach: float, resolution: int = 201) -> Iterator[Slice]:
        """The square of `reach` to each side of the origin, coarse first, each level as it is there.

        Args:
            reach: in the plane's norm.
            resolution: lines of the last grid along each axis.

        Raises:
            ParameterError: no square, or fewer than three lines.
        """
        if resolution < 3 or not 0 < reach < math.inf:
            raise ParameterError(f"A slice needs a reach above 0 and 3 lines or more, not {reach} and {resolution}.")
        lines = np.linspace(-reach, reach, resolution)
        step = everywhere(resolution)
        grid = _empty(lines[_every(resolution, 2 * step)])
        grid = self._ask(grid, ~grid.known)
        yield grid
        spacing = step
        while spacing:
            chosen = lines[_every(resolution, spacing)]
            finer = _finer(grid, chosen)
            grid = self._ask(finer, ~finer.known if spacing == step else _hidden(grid, chosen) & ~finer.known)
            while (disputed := _disputed(grid.index) & ~grid.known).any():
                grid = self._ask(grid, disputed)
            grid = replace(grid, complete=spacing == 1)
            yield grid
            spacing //= 2

    def _ask(self, grid: Slice, where: Array) -> Slice:
        rows, columns = where.nonzero()
        if len(rows) == 0:
            return grid
        positions = torch.from_numpy(np.stack([grid.lines[columns], grid.lines[rows]], 1))
        blocks = (positions[begin : begin + _BLOCK] for begin in range(0, len(positions), _BLOCK))
        found = self.reader.read(self.plane.at(block) for block in blocks)
        index, values = grid.index.copy(), {name: old.copy() for name, old in grid.values.items()}
        for name, new in {"index": index, **values}.items():
            new[rows, columns] = getattr(found, name).cpu().numpy()
        return replace(grid, index=index, values=values, known=grid.known | where)


def everywhere(resolution: int) -> int:
    """The spacing at which every point is asked about: of 201 lines every eighth, of 41 every fourth.

    Islands smaller than that may be missed.
    """
    return int(2 ** round(math.log2(max(1.0, math.sqrt(resolution - 1) / 2))))


def _every(resolution: int, spacing: int) -> Array:
    """Each `spacing`-th line, and the last one."""
    return np.unique(np.append(np.arange(0, resolution, spacing), resolution - 1))


def _empty(lines: Array) -> Slice:
    shape = (len(lines), len(lines))
    values = {name: np.zeros(shape, np.float32) for name in VALUES}
    return Slice(lines, np.zeros(shape, np.int32), values, np.zeros(shape, bool))


def _finer(before: Slice, lines: Array) -> Slice:
    """The same on more lines: what is between is guessed, classes from the nearest corner, values from all four."""
    low, share = _place(before.lines, lines)
    near = low + (share > 0.5)
    old = share % 1 == 0  # lines that were there before
    known = before.known[np.ix_(near, near)] & old[:, None] & old[None, :]
    values = {name: _blend(values, low, share) for name, values in before.values.items()}
    return Slice(lines, before.index[np.ix_(near, near)], values, known)


def _place(old: Array, new: Array) -> tuple[Array, Array]:
    """For each new line the old one below it, and the share of the way to the next."""
    low = np.clip(np.searchsorted(old, new, side="right") - 1, 0, len(old) - 2)
    return low, (new - old[low]) / (old[low + 1] - old[low])


def _blend(values: Array, low: Array, share: Array) -> Array:
    s = share.astype(np.float32)
    across = values[:, low] * (1 - s) + values[:, low + 1] * s
    blended: Array = across[low] * (1 - s)[:, None] + across[low + 1] * s[:, None]
    return blended


def _hidden(before: Slice, lines: Array) -> Array:
    """Points of the finer grid in cells of the coarser one that a boundary may cross though no corner shows it."""
    corners = np.stack(_corners(before.values["lead"]))
    close = corners.min(0) < _CLOSE * np.ptp(corners, axis=0)
    below = np.searchsorted(before.lines, lines, side="left")
    above = np.searchsorted(before.lines, lines, side="right")
    points = np.zeros((len(lines), len(lines)), bool)
    cells = len(close) - 1
    for rows in (below, above):  # a point on an edge belongs to the cells on both sides
        for columns in (below, above):
            points |= close[np.ix_(np.clip(rows - 1, 0, cells), np.clip(columns - 1, 0, cells))]
    return points


def _disputed(index: Array) -> Array:
    """Points of cells whose corners are not of one class."""
    first, *others = _corners(index)
    cells = np.any([first != other for other in others], axis=0)
    points = np.zeros(index.shape, bool)
    for corner in _corners(points):
        corner |= cells
    return points


def _corners(points: Array) -> list[Array]:
    """The four corners of every cell, as views."""
    sides = (slice(None, -1), slice(1, None))
    return [points[rows, columns] for rows in sides for columns in sides]
