"""Colours: fixed for the clean, the adversarial and the target class, apart for colour-blind eyes for all others.

Okabe and Ito's set without black: Color universal design, 2008.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from advlab.serving.geometry.landscape import Landscape

CLEAN, ADVERSARIAL, TARGET = "#0072B2", "#D55E00", "#CC79A7"
_OTHERS = ("#E69F00", "#009E73", "#56B4E9", "#F0E442")
REST = "#9AA4AE"
# Classes with a smaller part of the slice than this have no colour of their own.
_LEAST = 0.002


@dataclass(frozen=True)
class Theme:
    """What surrounds a figure."""

    text: str
    quiet: str
    paper: str
    lines: str

    @property
    def dark(self) -> bool:
        """Whether text is light."""
        return _channels(self.text)[0] > 128


LIGHT = Theme("#14181D", "#55606B", "#FFFFFF", "#D9DEE3")
DARK = Theme("#ECEFF3", "#A9B4C0", "#0E1217", "#39434E")


def of_classes(
    landscapes: Iterable[Landscape], adversarial: str | None = None, target: str | None = None
) -> dict[int, str]:
    """The colour of each class that has one, the same in all the slices; the others are `REST`.

    Args:
        landscapes: slices that are shown together.
        adversarial: name of the class that an attack reached.
        target: name of the class that it wanted to reach.
    """
    slices = list(landscapes)
    areas: dict[int, float] = {}
    for one in slices:
        for index in one.names:
            areas[index] = areas.get(index, 0.0) + one.share(index) / len(slices)
    names = {index: name for one in slices for index, name in one.names.items()}
    chosen = {one.clean: CLEAN for one in slices}
    chosen |= _named(names, chosen, target, TARGET)
    chosen |= _named(names, chosen, adversarial, ADVERSARIAL)
    rest = sorted((k for k in areas if k not in chosen and areas[k] >= _LEAST), key=lambda k: -areas[k])
    free = [c for c in (ADVERSARIAL, *_OTHERS) if c not in chosen.values()]
    return chosen | dict(zip(rest, free, strict=False))


def _named(names: Mapping[int, str], chosen: Mapping[int, str], name: str | None, colour: str) -> dict[int, str]:
    return {index: colour for index, one in names.items() if one == name and index not in chosen}


def mixed(colour: str, paper: str, strength: float) -> str:
    """A colour let down with the paper's, so that lines and words can be read on it."""
    blend = strength * np.array(_channels(colour)) + (1 - strength) * np.array(_channels(paper))
    return "#" + "".join(f"{round(value):02X}" for value in blend)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
