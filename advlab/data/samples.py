"""Pictures to start with, from scikit-image, so that they are there without a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from PIL import Image

from advlab.data import pictures
from advlab.errors import ParameterError


@dataclass(frozen=True)
class Sample:
    """A picture that comes with the app."""

    name: str
    title: str
    credit: str
    _load: Callable[[], Image.Image]

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


@cache
def _picture(sample: Sample) -> Image.Image:
    return sample._load()


@cache
def _digest(sample: Sample) -> str:
    return pictures.digest(_picture(sample))


def _array(function: str, index: int | None = None) -> Callable[[], Image.Image]:
    def load() -> Image.Image:
        import skimage.data  # noqa: PLC0415 - slow to import

        value = getattr(skimage.data, function)()
        return Image.fromarray(value if index is None else value[index])

    return load


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        sample.name: sample
        for sample in (
            Sample("coffee", "Coffee", "Rachel Michetti, CC0", _array("coffee")),
            Sample("cat", "Cat", "Stéfan van der Walt, CC0", _array("cat")),
            Sample("rocket", "Rocket", "SpaceX, public domain", _array("rocket")),
            Sample("motorcycle", "Motorcycle", "Middlebury Stereo Datasets 2014", _array("stereo_motorcycle", 0)),
        )
    }
)


def sample(name: str) -> Sample:
    """The sample of this name.

    Raises:
        ParameterError: there is none.
    """
    if name not in SAMPLES:
        raise ParameterError(f"There is no sample picture “{name}”; there are: {', '.join(SAMPLES)}.")
    return SAMPLES[name]
