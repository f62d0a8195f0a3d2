"""A transparent square to paint shapes on, larger than it will be shown, so that its edges become smooth."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from advlab.data.drawings.paths import Path, Point, arc

Colour = tuple[int, int, int]

WHITE: Colour = (242, 243, 240)
BLACK: Colour = (26, 26, 28)
RED: Colour = (190, 24, 34)
BLUE: Colour = (14, 84, 158)
YELLOW: Colour = (247, 184, 20)
GREEN: Colour = (20, 140, 90)
GREY: Colour = (120, 124, 126)

SIDE = 512


class Plate:
    """What a sign is painted on. Coordinates run from -1 to 1, right and down.

    Attributes:
        image: RGBA, `SIDE` pixels wide and high.
    """

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SIDE, SIDE), (*WHITE, 0))
        self._draw = ImageDraw.Draw(self.image)

    def disc(self, radius: float, colour: Colour, at: Point = (0, 0)) -> None:
        """A filled circle."""
        self.area(arc(at, (radius, radius), 0, 360), colour)

    def area(self, outline: Path, colour: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon([(x, y) for x, y in _pixels(outline)], fill=(*colour, 255))

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled rectangle."""
        self.area(np.array(((left, top), (right, top), (right, bottom), (left, bottom))), colour)

    def stroke(self, path: Path, width: float, colour: Colour, *, blunt: bool = False) -> None:
        """A line with round joints; its ends are round too, unless it is blunt."""
        for a, b in pairwise(path):
            along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
            across = np.array((-along[1], along[0])) * width / 2
            self.area(np.stack((a + across, b + across, b - across, a - across)), colour)
        for joint in path[1:-1] if blunt else path:
            self.disc(width / 2, colour, (joint[0], joint[1]))

    def strokes(self, paths: Iterable[Path], width: float, colour: Colour, *, blunt: bool = False) -> None:
        """Several lines."""
        for path in paths:
            self.stroke(path, width, colour, blunt=blunt)

    def arrow(self, path: Path, width: float, head: float, colour: Colour) -> None:
        """A line that ends in a triangle `head` wide, whose tip is the path's last point."""
        tip, length = path[-1], head * 0.62
        behind = path[np.linalg.norm(path - tip, axis=1) > length]
        along = (tip - behind[-1]) / np.linalg.norm(tip - behind[-1])
        across = np.array((-along[1], along[0])) * head / 2
        neck = tip - along * length
        self.stroke(np.concatenate((behind, neck[None] + along * 0.01)), width, colour, blunt=True)
        self.area(np.stack((tip, neck + across, neck - across)), colour)


def _pixels(path: Path) -> np.ndarray:
    return (path + 1) * (SIDE - 1) / 2
