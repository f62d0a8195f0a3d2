"""Lines to draw along: arrays `[N, 2]` of points, x to the right and y down."""

from collections.abc import Sequence

import numpy as np

Point = tuple[float, float]
Path = np.ndarray
Strokes = tuple[Path, ...]

# Points of a curve for each of its pieces: enough that no corner is seen at the sizes we draw.
_FINE = 16


def line(*points: Point) -> Path:
    """Straight from point to point."""
    return np.array(points, dtype=np.float64)


def arc(at: Point, radii: Point, begin: float, end: float) -> Path:
    """Along an ellipse, in degrees: 0 is to the right, 90 down; backwards where `end` is smaller."""
    count = max(2, int(abs(end - begin) / 90 * _FINE))
    turn = np.radians(np.linspace(begin, end, count))
    return np.stack((at[0] + radii[0] * np.cos(turn), at[1] + radii[1] * np.sin(turn)), axis=1)


def curve(*points: Point) -> Path:
    """Smoothly through all the points (Catmull and Rom 1974, uniform)."""
    through = line(*points)
    whole = np.concatenate((2 * through[:1] - through[1:2], through, 2 * through[-1:] - through[-2:-1]))
    t = np.linspace(0, 1, _FINE, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(whole, whole[1:], whole[2:], whole[3:], strict=False):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate((*pieces, through[-1:]))


def joined(*paths: Path) -> Path:
    """One after the other, with straight lines between them."""
    return np.concatenate(paths)


def moved(path: Path, by: Point, scale: Point | float = 1.0) -> Path:
    """Scaled about the origin, then shifted."""
    return np.asarray(path * np.asarray(scale) + np.asarray(by))


def mirrored(path: Path) -> Path:
    """Left and right exchanged."""
    return np.asarray(path * np.array((-1.0, 1.0)))


def turned(path: Path, degrees: float) -> Path:
    """Turned about the origin, clockwise."""
    a = np.radians(degrees)
    return path @ np.array(((np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))))


def rounded(corners: Sequence[Point], radius: float) -> Path:
    """The outline of a polygon whose corners are cut by circles of this radius."""
    points = line(*corners)
    pieces = []
    for before, corner, after in zip(np.roll(points, 1, 0), points, np.roll(points, -1, 0), strict=True):
        u, v = ((p - corner) / np.linalg.norm(p - corner) for p in (before, after))
        half = np.arccos(np.clip(u @ v, -1, 1)) / 2
        middle = corner + (u + v) / np.linalg.norm(u + v) * radius / np.sin(half)
        first, last = (corner + w * radius / np.tan(half) - middle for w in (u, v))
        begin = np.degrees(np.arctan2(first[1], first[0]))
        sweep = (np.degrees(np.arctan2(last[1], last[0])) - begin + 180) % 360 - 180
        pieces.append(arc((middle[0], middle[1]), (radius, radius), begin, begin + sweep))
    return joined(*pieces)
