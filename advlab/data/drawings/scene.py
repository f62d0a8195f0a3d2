"""A street around a sign, as a small camera would have taken it: background, pole, perspective, light, blur, grain."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from advlab.data.drawings.plate import SIDE as PLATE
from advlab.data.drawings.plate import Plate

SIDE = 192
_FINE = 2 * SIDE  # the sign is laid over at this size, and its edges become smooth when it is halved

_EXPOSURE, _HAZE = 0.74, 10


@dataclass(frozen=True)
class Weather:
    """What the day is like.

    Attributes:
        sky, far, near: colours at the top, in the middle and at the bottom of what is behind the sign.
        light: of the sun on the sign, 1 being what its paint is.
        warmth: of that light; above 0 more red, below more blue.
    """

    sky: tuple[int, int, int]
    far: tuple[int, int, int]
    near: tuple[int, int, int]
    light: float
    warmth: float


_DAYS = (
    Weather((176, 200, 226), (104, 128, 92), (66, 84, 58), 0.94, 0.02),  # a clear noon, trees
    Weather((206, 210, 214), (150, 146, 138), (112, 108, 104), 0.86, -0.01),  # clouds, houses
    Weather((150, 178, 206), (128, 108, 78), (92, 74, 54), 0.95, 0.05),  # an autumn afternoon
    Weather((188, 206, 222), (92, 112, 104), (72, 88, 70), 0.9, -0.02),  # a morning, a wood
)


def photograph(plate: Plate, seed: int) -> Image.Image:
    """The sign in a street of its own, `SIDE` pixels wide and high, in RGB; a seed gives the same picture again."""
    noise = np.random.default_rng(seed)
    day = _DAYS[seed % len(_DAYS)]
    view = _corners(noise)
    behind = _background(day, noise).resize((_FINE, _FINE), Image.Resampling.BICUBIC)
    _pole(behind, view, day)
    face = plate.image.transform((_FINE, _FINE), Image.Transform.PERSPECTIVE, _mapping(view), Image.Resampling.BICUBIC)
    mask = face.getchannel("A")
    shadow = Image.new("L", mask.size, 0)
    shadow.paste(mask.filter(ImageFilter.GaussianBlur(5)).point(lambda v: v * 0.35), (4, 5))
    behind.paste((30, 32, 34), mask=shadow)
    behind.paste(_lit(face, day, noise), mask=mask)
    small = behind.reduce(2).filter(ImageFilter.GaussianBlur(0.7))
    return developed(small, noise)


def _background(day: Weather, noise: np.random.Generator) -> Image.Image:
    """Sky over leaves and walls, out of focus."""
    down = np.linspace(0, 1, SIDE)[:, None]
    horizon = 0.42 + 0.5 * (clouds(noise, 5)[:1] - 0.5)  # of each column: tops of trees and roofs
    ground = np.clip((down - horizon) / 0.1, 0, 1)[..., None]
    depth = np.clip((down - horizon) / 0.5, 0, 1)[..., None]
    sky, far, near = (np.array(colour, dtype=np.float64) for colour in (day.sky, day.far, day.near))
    leaves = 0.5 * clouds(noise, 9) + 0.3 * clouds(noise, 21) + 0.2 * clouds(noise, 48)
    land = (far + (near - far) * depth) * (0.42 + 1.16 * leaves[..., None])
    through = np.clip((leaves - 0.66) * 9, 0, 0.8)[..., None]  # the sky between leaves
    land += (sky - land) * through * (1 - depth)
    air = sky * (1.04 - 0.1 * down[..., None] + 0.08 * (clouds(noise, 3)[..., None] - 0.5))
    mixed = air + (land - air) * ground
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2.2))


def clouds(noise: np.random.Generator, cells: int) -> np.ndarray:
    """Smooth noise `[SIDE, SIDE]` in [0, 1] with about so many spots across."""
    coarse = noise.integers(0, 256, (cells, cells), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) / 255


def _corners(noise: np.random.Generator) -> np.ndarray:
    """Where the plate's corners are seen `[4, 2]`, in fine pixels: a little turned, a little from the side."""
    square = np.array(((-1.0, -1), (1, -1), (1, 1), (-1, 1)))
    tilt = np.radians(noise.uniform(-3, 3))
    turn = np.array(((np.cos(tilt), np.sin(tilt)), (-np.sin(tilt), np.cos(tilt))))
    aside, above = noise.uniform(-0.06, 0.06, 2)
    seen = (square * (1 - abs(aside) / 2, 1)) @ turn
    seen *= 1 + (seen[:, :1] * aside + seen[:, 1:] * above)
    middle = _FINE / 2 + noise.uniform(-0.012, 0.012, 2) * _FINE
    return np.asarray(middle + seen * _FINE * noise.uniform(0.395, 0.415))


def _mapping(corners: np.ndarray) -> tuple[float, ...]:
    """The eight numbers by which Pillow finds the plate's pixel for each pixel that is seen."""
    plate = np.array(((0, 0), (PLATE, 0), (PLATE, PLATE), (0, PLATE)), dtype=np.float64)
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, plate, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(values)).tolist())


def _pole(behind: Image.Image, corners: np.ndarray, day: Weather) -> None:
    """Grey metal below the sign, lighter where the sun is."""
    foot = corners[2:].mean(0)
    head = corners.mean(0)
    down = (foot - head) / np.linalg.norm(foot - head)
    end = head + down * _FINE
    draw = ImageDraw.Draw(behind)
    for shift, shade in ((0.0, 0.62), (-3.0, 0.8), (-4.5, 0.95)):
        width = 15 if shift == 0 else 6
        colour = tuple(int(v * shade * day.light) for v in (172, 176, 178))
        draw.line([(head[0] + shift, head[1]), (end[0] + shift, end[1])], fill=colour, width=width)


def _lit(face: Image.Image, day: Weather, noise: np.random.Generator) -> Image.Image:
    """The sign's paint in the day's light: brighter towards the sun, a little dust, a faint reflection of the sky."""
    across = np.linspace(-1, 1, _FINE)
    angle = noise.uniform(0.6, 2.5)
    slope = across[None] * np.cos(angle) - across[:, None] * np.sin(angle)
    dust = np.asarray(
        Image.fromarray(noise.integers(0, 256, (24, 24), dtype=np.uint8)).resize(
            (_FINE, _FINE), Image.Resampling.BICUBIC
        )
    )
    light = day.light * (1 + 0.09 * slope) - 0.035 * (dust / 255.0)
    tint = np.array((1 + day.warmth, 1.0, 1 - day.warmth))
    paint = np.asarray(face.convert("RGB")) * light[..., None] * tint
    return Image.fromarray(np.clip(paint * 0.93 + 12, 0, 255).astype(np.uint8))


def developed(picture: Image.Image, noise: np.random.Generator) -> Image.Image:
    """What the camera makes of it: exposed for the sky, so that the rest is dim; with a little haze and grain."""
    values = np.asarray(picture) * _EXPOSURE + _HAZE
    values = values + noise.normal(0, 2.4, (SIDE, SIDE, 1)) + noise.normal(0, 1.2, (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(values.round(), 0, 255).astype(np.uint8))
