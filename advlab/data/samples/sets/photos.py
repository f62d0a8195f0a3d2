"""Photos that come with scikit-image, for networks that know everyday things."""

from collections.abc import Callable

from PIL import Image

from advlab.data.samples.base import Sample, SampleSet, registry


def _array(function: str, index: int | None = None) -> Callable[[], Image.Image]:
    def load() -> Image.Image:
        import skimage.data  # noqa: PLC0415 - slow to import

        value = getattr(skimage.data, function)()
        return Image.fromarray(value if index is None else value[index])

    return load


PHOTOS = SampleSet(
    0,
    (
        Sample("coffee", "Coffee", "Rachel Michetti, CC0", ("espresso", "coffee"), _array("coffee")),
        Sample("cat", "Cat", "Stéfan van der Walt, CC0", ("cat", "tabby", "tiger cat"), _array("cat")),
        Sample("rocket", "Rocket", "SpaceX, public domain", ("missile", "rocket"), _array("rocket")),
        Sample("motorcycle", "Motorcycle", "Middlebury Stereo Datasets 2014", ("motorcycle", "motor scooter"),
               _array("stereo_motorcycle", 0)),
    ),
)  # fmt: skip

registry.register("photos", PHOTOS)
