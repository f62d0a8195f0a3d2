"""Where in a slice the name of a class has the most room."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from advlab.analysis.boundary import Array

# A name needs so much room to each side, as a part of the slice.
_ROOM = 0.045
# Half of the height and of the width of words and a name together, as parts of the slice.
_WORDS = (0.1, 0.32)
# Names are wider than they are high: room to the sides counts for less.
_WIDE = (1.0, 0.45)
# The picture in the middle, and the attack's way that begins there, are not written over.
_MIDDLE = 0.09


@dataclass(frozen=True)
class Spot:
    """A place for a name: the class, and the row and column that are farthest from its edge."""

    index: int
    row: int
    column: int


def spots(index: Array, taken: tuple[int, int] | None = None, most: int = 8) -> list[Spot]:
    """The places for the names of the largest regions of a grid of classes `[N, N]`; one for each class.

    At `taken`, a row and a column, other words stand already.
    """
    side = max(index.shape)
    found: list[tuple[float, Spot]] = []
    for one in np.unique(index):
        # With a frame of another class, so that the edge of the slice counts as an edge.
        inside = np.pad(index == one, 1)
        depth = ndimage.distance_transform_edt(inside, sampling=_WIDE)[1:-1, 1:-1]
        depth[np.abs(np.arange(len(depth)) - len(depth) // 2) < _MIDDLE * side] = 0
        if taken is not None:
            rows, columns = (np.abs(np.arange(side) - at) for at in taken)
            depth[np.ix_(rows < _WORDS[0] * side, columns < _WORDS[1] * side)] = 0
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        found.append((float(depth[row, column]), Spot(int(one), int(row), int(column))))
    found.sort(key=lambda pair: -pair[0])
    return [spot for depth, spot in found[:most] if depth >= _ROOM * side]
