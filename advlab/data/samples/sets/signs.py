"""Traffic signs, each drawn in a street of its own."""

import zlib
from collections.abc import Callable

from PIL import Image

from advlab.data.drawings.plate import Plate
from advlab.data.drawings.scene import photograph
from advlab.data.drawings.signs import SIGNS
from advlab.data.samples.base import Sample, SampleSet, registry

_CREDIT = "drawn by AdvLab, MIT"


def _sample(says: str, draw: Callable[[], Plate]) -> Sample:
    name = says.lower().replace(" ", "-")

    def load() -> Image.Image:
        return photograph(draw(), seed=zlib.crc32(name.encode()))

    def again(number: int) -> Image.Image:
        return photograph(draw(), seed=zlib.crc32(f"{name} {number}".encode()))

    return Sample(name, says.replace("Speed limit", "Limit"), _CREDIT, (says,), load, again)


registry.register("signs", SampleSet(1, tuple(_sample(says, draw) for says, draw in SIGNS.items())))
