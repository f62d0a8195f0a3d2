"""Strokes of a pen as MNIST shows them: white on black, 28 × 28, scaled into 20 × 20, centred by their mass.

The steps are those that LeCun et al. (Proceedings of the IEEE 86, 1998) and the data set's page describe. One
differs: strokes are scaled, not pixels, so a pen is as wide in a small drawing as in a large one.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from advlab.data.drawings.paths import Path

SIDE = 28
_BOX = 20.0
_PEN = 2.5  # pixels
_FINE = 8  # times finer than it will be: the grey of the edges
_LEAST = 0.1  # of the paper: what is smaller is a dot, and is not blown up to the size of a digit


def inked(strokes: Sequence[Path]) -> Image.Image:
    """Draw strokes as a grey picture of `SIDE` × `SIDE` pixels, mode L.

    Args:
        strokes: each `[N, 2]`, in parts of a square paper; one point is a dot. Their place and size do not matter.
    """
    points = np.concatenate(tuple(strokes))
    low, high = points.min(0), points.max(0)
    scale = (_BOX - _PEN) / max(float((high - low).max()), _LEAST)
    middle = SIDE / 2 - (low + high) / 2 * scale
    first = _drawn(strokes, scale, middle)
    return _drawn(strokes, scale, middle + _off_centre(first))


def _off_centre(picture: Image.Image) -> np.ndarray:
    """Whole pixels to shift by, so that the centre of mass comes to the centre of the picture."""
    mass = np.asarray(picture, dtype=np.float64)
    places = np.arange(SIDE) + 0.5
    centre = np.array((mass.sum(0) @ places, mass.sum(1) @ places)) / mass.sum()
    return np.asarray((SIDE / 2 - centre).round())


def _drawn(strokes: Sequence[Path], scale: float, shift: np.ndarray) -> Image.Image:
    fine = Image.new("L", (SIDE * _FINE, SIDE * _FINE), 0)
    draw = ImageDraw.Draw(fine)
    half = _PEN * _FINE / 2
    for stroke in strokes:
        places = [(float(x), float(y)) for x, y in (stroke * scale + shift) * _FINE]
        if len(places) > 1:
            draw.line(places, fill=255, width=round(_PEN * _FINE))
        for x, y in places:
            draw.ellipse((x - half, y - half, x + half, y + half), fill=255)
    return fine.reduce(_FINE)
