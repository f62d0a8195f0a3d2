"""Upright numerals and letters of road signs, as strokes in a box from (0, 0) to (1, 1)."""

from advlab.data.drawings.paths import Path, Strokes, arc, curve, joined, line, moved
from advlab.data.drawings.plate import Colour, Plate

_ROUND = joined(
    arc((0.5, 0.32), (0.5, 0.32), 180, 360), arc((0.5, 0.68), (0.5, 0.32), 0, 180), line((0, 0.32), (0, 0.3))
)

_SIGNS: dict[str, Strokes] = {
    "0": (_ROUND,),
    "1": (line((0.12, 0.26), (0.62, 0), (0.62, 1)),),
    "2": (joined(arc((0.5, 0.3), (0.48, 0.3), 195, 390), line((0, 1), (1, 1))),),
    "3": (
        arc((0.48, 0.26), (0.44, 0.26), 200, 450),
        arc((0.48, 0.735), (0.52, 0.265), 270, 520),
    ),
    "4": (line((0.62, 0), (0, 0.72), (1, 0.72)), line((0.74, 0.42), (0.74, 1))),
    "5": (joined(line((0.92, 0), (0.16, 0), (0.1, 0.5)), arc((0.48, 0.68), (0.52, 0.32), 215, 515)),),
    "6": (
        arc((0.5, 0.68), (0.5, 0.32), 0, 360),
        curve((0.74, 0), (0.36, 0.28), (0.08, 0.54), (0, 0.68)),
    ),
    "7": (line((0, 0), (1, 0), (0.35, 1)),),
    "8": (arc((0.5, 0.25), (0.44, 0.25), 0, 360), arc((0.5, 0.74), (0.52, 0.26), 0, 360)),
    "9": (
        arc((0.5, 0.32), (0.5, 0.32), 0, 360),
        curve((0.26, 1), (0.64, 0.72), (0.92, 0.46), (1, 0.32)),
    ),
    "S": (curve((0.95, 0.16), (0.5, 0), (0.08, 0.2), (0.5, 0.48), (0.95, 0.78), (0.5, 1), (0.03, 0.82)),),
    "T": (line((0, 0), (1, 0)), line((0.5, 0), (0.5, 1))),
    "O": (_ROUND,),
    "P": (joined(line((0.05, 1), (0.05, 0)), arc((0.5, 0.27), (0.48, 0.27), 270, 450), line((0.05, 0.54))),),
}


def written(text: str, width: float, height: float, gap: float) -> list[Path]:
    """The strokes of a word, centred on the origin; sizes are those between the middles of strokes."""
    whole = len(text) * width + (len(text) - 1) * gap
    return [
        moved(stroke, (-whole / 2 + place * (width + gap), -height / 2), (width, height))
        for place, letter in enumerate(text)
        for stroke in _SIGNS[letter]
    ]


def write(plate: Plate, text: str, colour: Colour, *, width: float, height: float, gap: float, thick: float) -> None:
    """Paint a word in the middle of a plate."""
    plate.strokes(written(text, width, height, gap), thick, colour, blunt=True)
