"""The ten digits, drawn as a pen would and prepared as MNIST's are."""

from PIL import Image

from advlab.data.drawings.handwriting import DIGITS, by_another_hand
from advlab.data.drawings.ink import inked
from advlab.data.drawings.paths import Strokes
from advlab.data.samples.base import Sample, SampleSet, registry

_CREDIT = "drawn by AdvLab, MIT"


def _sample(digit: str, strokes: Strokes) -> Sample:
    def load() -> Image.Image:
        return inked(strokes).convert("RGB")

    def again(number: int) -> Image.Image:
        return inked(by_another_hand(strokes, int(digit) + 10 * number)).convert("RGB")

    return Sample(f"digit-{digit}", digit, _CREDIT, (digit,), load, again)


registry.register("digits", SampleSet(2, tuple(_sample(digit, strokes) for digit, strokes in DIGITS.items())))
