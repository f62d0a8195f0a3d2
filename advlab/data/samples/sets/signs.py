"""Traffic signs, each drawn in a street of its own."""

from collections.abc import Callable

from PIL import Image

from advlab.data.drawings.plate import Plate
from advlab.data.drawings.scene import photograph
from advlab.data.drawings.signs import SIGNS
from advlab.data.samples.base import Sample, SampleSet, registry

_CREDIT = "drawn by AdvLab, MIT"


def _sample(place: int, says: str, draw: Callable[[], Plate]) -> Sample:
    def load() -> Image.Image:
        return photograph(draw(), seed=place)

    return Sample(says.lower().replace(" ", "-"), says, _CREDIT, (says,), load)


registry.register(
    "signs", SampleSet(1, tuple(_sample(place, says, draw) for place, (says, draw) in enumerate(SIGNS.items())))
)
