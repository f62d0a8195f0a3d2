"""Strokes become what MNIST shows, wherever and however large they were drawn."""

import numpy as np
import pytest

from advlab.data.drawings.handwriting import DIGITS
from advlab.data.drawings.ink import SIDE, inked
from advlab.data.drawings.paths import line


def mass(pixels: np.ndarray) -> tuple[float, float]:
    places = np.arange(SIDE) + 0.5
    return pixels.sum(0) @ places / pixels.sum(), pixels.sum(1) @ places / pixels.sum()


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_fills_twenty_pixels_and_is_centred_by_its_mass(digit: str) -> None:
    pixels = np.asarray(inked(DIGITS[digit]), dtype=float)
    assert pixels.shape == (28, 28)
    rows, columns = (np.flatnonzero(pixels.max(axis) > 64) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20, 21)
    assert all(abs(place - 14) <= 0.6 for place in mass(pixels))
    assert pixels.max() == 255
    assert max(pixels[0].max(), pixels[-1].max()) < 40


@pytest.mark.parametrize("digit", ["1", "4", "8"])
@pytest.mark.parametrize("scale, shift", [(0.3, (0.6, 0.1)), (1.0, (-0.4, 0.2)), (4.0, (9.0, -7.0))])
def test_place_and_size_of_the_drawing_do_not_matter(digit: str, scale: float, shift: tuple[float, float]) -> None:
    moved = [stroke * scale + np.array(shift) for stroke in DIGITS[digit]]
    there, here = (np.asarray(inked(strokes), dtype=int) for strokes in (moved, DIGITS[digit]))
    assert np.abs(there - here).mean() < 1.5


def test_a_dot_stays_a_dot_and_is_in_the_middle() -> None:
    pixels = np.asarray(inked([line((0.9, 0.1))]), dtype=float)
    assert 3 <= (pixels > 64).sum() <= 12
    assert mass(pixels) == pytest.approx((14, 14), abs=0.6)


def test_a_lopsided_drawing_stays_inside() -> None:
    """A heavy end pulls the centre of mass away from the middle of the box."""
    heavy = [line((0, 0), (1, 0.02)), *(line((0, y), (0.2, y)) for y in np.linspace(-0.1, 0.1, 9))]
    pixels = np.asarray(inked(heavy), dtype=float)
    assert mass(pixels) == pytest.approx((14, 14), abs=1)
    assert (pixels > 128).sum() > 55
