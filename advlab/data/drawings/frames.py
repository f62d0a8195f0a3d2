"""The plates of German road signs without what is on them; the radius of a round one is 1."""

import numpy as np

from advlab.data.drawings.paths import Path, line, rounded, turned
from advlab.data.drawings.plate import BLACK, BLUE, GREY, RED, WHITE, YELLOW, Plate

_TRIANGLE = ((0.0, -0.98), (1.06, 0.86), (-1.06, 0.86))


def prohibition() -> Plate:
    """White in a red ring."""
    plate = Plate()
    for radius, colour in ((1.0, WHITE), (0.965, RED), (0.75, WHITE)):
        plate.disc(radius, colour)
    return plate


def derestriction() -> Plate:
    """White in a thin grey edge."""
    plate = Plate()
    for radius, colour in ((1.0, WHITE), (0.97, GREY), (0.93, WHITE)):
        plate.disc(radius, colour)
    return plate


def strike_out(plate: Plate) -> None:
    """The five bars across what has ended."""
    for place in (-2, -1, 0, 1, 2):
        shift = place * 0.08
        half = np.sqrt(0.93**2 - shift**2)
        plate.stroke(turned(line((-half, shift), (half, shift)), -45), 0.05, BLACK, blunt=True)


def command() -> Plate:
    """Blue with a thin white edge."""
    plate = Plate()
    for radius, colour in ((1.0, WHITE), (0.96, BLUE)):
        plate.disc(radius, colour)
    return plate


def warning() -> Plate:
    """White in a red triangle that stands on its side."""
    plate = Plate()
    for scale, radius, colour in ((1.0, 0.12, WHITE), (0.955, 0.11, RED), (0.71, 0.05, WHITE)):
        plate.area(_scaled(scale, radius), colour)
    return plate


def yielding() -> Plate:
    """White in a red triangle that stands on its tip."""
    plate = Plate()
    for scale, radius, colour in ((1.0, 0.12, WHITE), (0.955, 0.11, RED), (0.62, 0.04, WHITE)):
        plate.area(-_scaled(scale, radius), colour)
    return plate


def octagon() -> Plate:
    """Red with a white edge."""
    plate = Plate()
    for radius, colour in ((1.0, WHITE), (0.945, RED)):
        corners = [(radius * np.cos(a), radius * np.sin(a)) for a in np.radians(22.5 + 45 * np.arange(8))]
        plate.area(rounded(corners, 0.04), colour)
    return plate


def diamond() -> Plate:
    """Yellow in white, for a priority road."""
    plate = Plate()
    for radius, colour in ((1.0, BLACK), (0.97, WHITE), (0.64, BLACK), (0.615, YELLOW)):
        plate.area(rounded(((0, -radius), (radius, 0), (0, radius), (-radius, 0)), 0.07 * radius), colour)
    return plate


def _scaled(scale: float, radius: float) -> Path:
    """The triangle, shrunk about the centre of its inscribed circle, so that all sides are as wide."""
    a, b = (float(np.linalg.norm(np.subtract(*pair))) for pair in (_TRIANGLE[1:], _TRIANGLE[:2]))
    middle = (a * _TRIANGLE[0][1] + 2 * b * _TRIANGLE[1][1]) / (a + 2 * b)
    return rounded([(scale * x, middle + scale * (y - middle)) for x, y in _TRIANGLE], radius)
