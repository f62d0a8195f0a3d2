"""An airplane, a ship, a car and a truck where one would see them, for networks that know everyday things."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageFilter

from advlab.data.drawings.paths import Point, curve, joined, line, rounded
from advlab.data.drawings.plate import Colour, Plate
from advlab.data.drawings.scene import SIDE, clouds, developed

_TYRE: Colour = (28, 28, 30)
_HUB: Colour = (176, 178, 182)
_GLASS: Colour = (70, 92, 112)
_PALE: Colour = (236, 238, 240)


def _airplane(plate: Plate) -> None:
    """An airliner in flight, from the side."""
    far: Colour = (166, 174, 186)
    plate.area(line((-0.05, -0.06), (0.32, -0.52), (0.42, -0.52), (0.24, -0.02)), far)
    plate.area(line((0.6, -0.08), (0.84, -0.5), (0.96, -0.5), (0.88, -0.06)), (22, 74, 150))
    body = joined(
        curve((-0.9, 0.06), (-0.82, -0.05), (-0.62, -0.13), (-0.3, -0.15)),
        curve((0.55, -0.14), (0.88, -0.1)),
        curve((0.9, -0.04), (0.6, 0.07), (0.25, 0.13)),
        curve((-0.45, 0.15), (-0.78, 0.13), (-0.9, 0.06)),
    )
    plate.area(body, _PALE)
    plate.area(line((-0.8, 0.13), (0.2, 0.135), (0.6, 0.075), (0.3, 0.16), (-0.45, 0.18)), (190, 196, 204))
    plate.area(line((-0.8, -0.045), (-0.68, -0.105), (-0.65, -0.06), (-0.76, -0.02)), _GLASS)
    for place in np.linspace(-0.52, 0.5, 14):
        plate.disc(0.02, _GLASS, (place, -0.045))
    plate.area(rounded(((-0.16, 0.2), (0.12, 0.2), (0.12, 0.33), (-0.16, 0.33)), 0.05), (120, 128, 140))
    plate.area(line((-0.2, 0.06), (0.14, 0.06), (0.62, 0.5), (0.46, 0.52)), (206, 210, 216))
    plate.area(line((0.66, -0.02), (0.84, -0.03), (1.0, 0.14), (0.9, 0.15)), (206, 210, 216))


def _ship(plate: Plate) -> None:
    """A cargo ship on the sea, from the side."""
    hull: Colour = (36, 44, 62)
    plate.area(line((-0.95, 0.02), (0.62, 0.02), (0.95, -0.1), (0.8, 0.34), (-0.84, 0.34)), hull)
    plate.area(line((-0.87, 0.25), (0.835, 0.25), (0.8, 0.36), (-0.84, 0.36)), (150, 40, 34))
    plate.box(-0.82, -0.46, -0.4, 0.02, _PALE)
    plate.box(-0.88, -0.5, -0.34, -0.4, _PALE)
    for deck in (-0.36, -0.22, -0.08):
        for place in (-0.76, -0.66, -0.56, -0.46):
            plate.box(place - 0.03, deck, place + 0.03, deck + 0.06, _GLASS)
    plate.box(-0.72, -0.72, -0.56, -0.48, (186, 52, 40))
    plate.box(-0.72, -0.76, -0.56, -0.7, _TYRE)
    for place, height, colour in (
        (-0.28, 0.2, (172, 92, 50)), (-0.02, 0.27, (60, 110, 150)), (0.24, 0.2, (90, 130, 80)),
    ):  # fmt: skip
        plate.box(place, 0.02 - height, place + 0.23, 0.02, colour)
    plate.stroke(line((0.58, 0.0), (0.58, -0.5)), 0.03, _HUB)
    plate.stroke(line((0.58, -0.45), (0.3, -0.26)), 0.02, _HUB)


def _wheel(plate: Plate, at: Point, radius: float) -> None:
    plate.disc(radius, _TYRE, at)
    plate.disc(radius * 0.55, _HUB, at)
    plate.disc(radius * 0.18, _TYRE, at)


def _car(plate: Plate) -> None:
    """A red saloon, from the side."""
    red: Colour = (188, 30, 34)
    plate.area(line((-0.9, 0.5), (0.9, 0.5), (0.8, 0.6), (-0.8, 0.6)), (52, 52, 54))
    roof = curve((-0.66, 0.06), (-0.42, -0.24), (-0.1, -0.31), (0.24, -0.27), (0.56, 0.04))
    plate.area(joined(roof, line((0.56, 0.12), (-0.66, 0.12))), red)
    sides = joined(
        curve((-0.92, 0.3), (-0.9, 0.1), (-0.66, 0.04)),
        curve((0.5, 0.02), (0.82, 0.1), (0.94, 0.24), (0.94, 0.42)),
        line((0.9, 0.48), (-0.88, 0.48)),
    )
    plate.area(sides, red)
    plate.area(joined(curve((-0.52, 0.03), (-0.36, -0.18), (-0.1, -0.24)), line((-0.1, 0.03))), _GLASS)
    plate.area(joined(line((-0.04, 0.03)), curve((-0.04, -0.24), (0.2, -0.21), (0.42, 0.03))), _GLASS)
    plate.stroke(line((-0.07, 0.04), (-0.05, 0.42)), 0.014, (120, 16, 20))
    plate.box(-0.92, 0.38, 0.94, 0.46, (130, 20, 24))
    plate.disc(0.055, (250, 240, 200), (0.86, 0.2))
    plate.box(-0.92, 0.14, -0.84, 0.24, (240, 120, 60))
    for place in (-0.54, 0.56):
        _wheel(plate, (place, 0.46), 0.2)


def _truck(plate: Plate) -> None:
    """A lorry with a box, from the side."""
    cab: Colour = (34, 86, 160)
    plate.area(line((-0.96, 0.58), (0.96, 0.58), (0.9, 0.66), (-0.9, 0.66)), (52, 52, 54))
    plate.box(-0.94, -0.56, 0.34, 0.36, _PALE)
    plate.box(-0.94, -0.56, 0.34, -0.5, (196, 200, 204))
    for place in np.linspace(-0.78, 0.18, 7):
        plate.stroke(line((place, -0.48), (place, 0.34)), 0.012, (206, 210, 214))
    plate.box(-0.94, 0.36, 0.9, 0.46, (60, 62, 66))
    plate.area(line((0.4, -0.3), (0.68, -0.3), (0.84, 0.04), (0.94, 0.1), (0.94, 0.44), (0.4, 0.44)), cab)
    plate.area(line((0.48, -0.22), (0.65, -0.22), (0.77, 0.04), (0.48, 0.04)), _GLASS)
    plate.disc(0.045, (250, 240, 200), (0.89, 0.26))
    for place in (-0.72, -0.36, 0.68):
        _wheel(plate, (place, 0.48), 0.17)


def _air(noise: np.random.Generator) -> np.ndarray:
    """A blue sky with a few clouds, paler where it comes down: `[SIDE, SIDE, 3]`."""
    down = np.linspace(0, 1, SIDE)[:, None, None]
    sky = np.array((92.0, 150, 214)) + down * np.array((80.0, 52, 22))
    vapour = (0.6 * clouds(noise, 5) + 0.4 * clouds(noise, 15))[..., None]
    return np.asarray(sky + (np.array((246.0, 247, 249)) - sky) * np.clip(2.5 * (vapour - 0.55), 0, 0.8))


def _sea(noise: np.random.Generator) -> np.ndarray:
    """The sky over water, its waves wider than high."""
    view, horizon = _air(noise), int(0.55 * SIDE)
    depth = np.linspace(0, 1, SIDE - horizon)[:, None, None]
    waves = np.asarray(Image.fromarray(clouds(noise, 64)[horizon:, : SIDE // 4]).resize((SIDE, SIDE - horizon)))
    view[horizon:] = np.array((70.0, 116, 146)) - depth * np.array((38.0, 48, 50)) + 46 * (waves[..., None] - 0.5)
    return view


def _road(noise: np.random.Generator) -> np.ndarray:
    """The sky over a hedge and a grey road."""
    view, hedge, road = _air(noise), int(0.42 * SIDE), int(0.62 * SIDE)
    leaves = 0.6 * clouds(noise, 24) + 0.4 * clouds(noise, 60)
    view[hedge:road] = np.array((82.0, 110, 62)) * (0.5 + leaves[hedge:road, :, None])
    view[road:] = np.array((126.0, 126, 128)) + 22 * (clouds(noise, 60)[road:, :, None] - 0.5)
    return view


Painter = Callable[[Plate], None]
Background = Callable[[np.random.Generator], np.ndarray]


def _photograph(paint: Painter, background: Background, seed: int) -> Image.Image:
    """The vehicle before its background as a small camera would have taken it, in RGB."""
    noise = np.random.default_rng(seed)
    behind = Image.fromarray(np.clip(background(noise), 0, 255).astype(np.uint8))
    plate = Plate()
    paint(plate)
    vehicle = plate.image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    behind.paste(vehicle, mask=vehicle.getchannel("A"))
    return developed(behind.filter(ImageFilter.GaussianBlur(0.7)), noise)


# By what CIFAR-10 calls them; each always gives the same picture.
VEHICLES: Mapping[str, Callable[[], Image.Image]] = MappingProxyType(
    {
        "airplane": partial(_photograph, _airplane, _air, seed=0),
        "ship": partial(_photograph, _ship, _sea, seed=1),
        "automobile": partial(_photograph, _car, _road, seed=2),
        "truck": partial(_photograph, _truck, _road, seed=3),
    }
)
