"""What a sample is, and where sets of them are found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image

from advlab.core.registry import Registry
from advlab.data import pictures

registry: Registry["SampleSet"] = Registry("advlab.data.samples.sets", "set of samples")


@dataclass(frozen=True)
class Sample:
    """A picture that comes with the app.

    Attributes:
        name: what requests and links call it.
        title: what people read.
        credit: whose it is, and its licence.
        shows: class names for what is in it, in any of the words that models have for it.
        again: draws it anew, another time for each number; None of pictures that are not drawn.
    """

    name: str
    title: str
    credit: str
    shows: tuple[str, ...]
    _load: Callable[[], Image.Image]
    again: Callable[[int], Image.Image] | None = None

    def picture(self) -> Image.Image:
        """The picture, in RGB."""
        return _picture(self)

    @property
    def image(self) -> Image.Image:
        """The same."""
        return _picture(self)

    @property
    def digest(self) -> str:
        """Names its pixels, see `pictures.digest`."""
        return _digest(self)

    def fits(self, labels: Sequence[str]) -> bool:
        """Whether a model with these classes has one for what is in the picture."""
        return fits(self.shows, labels)


@dataclass(frozen=True)
class SampleSet:
    """Samples that belong together; one file in `advlab/data/samples/sets/` registers one.

    Attributes:
        place: where it comes among the sets, the smallest first.
        samples: in the order in which they are offered.
    """

    place: int
    samples: tuple[Sample, ...]


def fits(shows: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether one of the class names in `shows` is among `labels`, however they are capitalised."""
    return place_of(shows, labels) >= 0


def place_of(shows: Sequence[str], labels: Sequence[str]) -> int:
    """Which of `labels` is the first that is in `shows`, however they are capitalised; -1 if none is."""
    names = {name.casefold() for name in shows}
    return next((place for place, label in enumerate(labels) if label.casefold() in names), -1)


@cache
def _picture(sample: Sample) -> Image.Image:
    return sample._load()


@cache
def _digest(sample: Sample) -> str:
    return pictures.digest(_picture(sample))
