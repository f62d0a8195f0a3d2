"""Files that people bring, good and bad."""

import importlib
import io

import numpy as np
import pytest
from PIL import Image

from advlab.data import pictures, samples
from advlab.data.samples import SAMPLES, Sample, SampleSet, fitting, sample
from advlab.data.samples.base import registry
from advlab.errors import InputError, ParameterError
from advlab.models import imagenet


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


GRADIENT = Image.fromarray(np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8) * 2)
RGB = Image.merge("RGB", (GRADIENT, GRADIENT.transpose(Image.Transpose.FLIP_LEFT_RIGHT), GRADIENT))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "JPEG", "WEBP", "GIF"])
def test_every_format_gives_an_rgb_picture_of_the_same_size(kind: str) -> None:
    read = pictures.read(encoded(RGB, kind))
    assert (read.mode, read.size) == ("RGB", (60, 40))
    difference = np.abs(np.asarray(read).astype(int) - np.asarray(RGB)).mean()
    assert difference < 12  # the lossy ones


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA"])
def test_every_mode_gives_an_rgb_picture(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    read = pictures.read(encoded(RGB.convert(mode), kind))
    assert (read.mode, read.size) == ("RGB", (60, 40))


def test_transparency_is_laid_over_white() -> None:
    glass = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert np.asarray(pictures.read(encoded(glass, "PNG"))).min() == 255


def test_sixteen_bits_are_scaled_not_cut() -> None:
    deep = Image.fromarray(np.full((4, 4), 32768, np.uint16))
    assert np.asarray(pictures.read(encoded(deep, "PNG"))).max() == pytest.approx(128, abs=1)


def test_a_photo_is_turned_upright_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways
    read = pictures.read(encoded(RGB, "JPEG", exif=exif.tobytes()))
    assert read.size == (40, 60)
    assert not read.getexif()
    assert read.info == {}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"hello, I am a text", "not a picture that we can read"),
        (encoded(RGB, "PNG")[: len(encoded(RGB, "PNG")) // 2], "damaged or cut off"),
        (encoded(RGB.resize((600, 400)), "JPEG")[:2000], "damaged or cut off"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "read|damaged"),
        (b"\0" * (pictures.MAX_BYTES + 1), "larger than 20 MB"),
    ],
    ids=["empty", "text", "cut png", "cut jpeg", "only a header", "too large"],
)
def test_a_bad_file_is_one_sentence_with_its_name(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        pictures.read(data, "holiday.png")
    assert str(caught.value).startswith("holiday.png")
    assert str(caught.value).endswith(".")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    huge = encoded(Image.new("1", (30_000, 30_000)), "PNG")
    assert len(huge) < pictures.MAX_BYTES
    with pytest.raises(InputError, match="pixels"):
        pictures.read(huge)


def test_every_byte_cut_off_is_our_error_or_a_picture() -> None:
    whole = encoded(RGB, "PNG")
    for length in range(0, len(whole), 7):
        try:
            assert pictures.read(whole[:length]).mode == "RGB"
        except InputError:
            continue


def test_png_is_lossless_and_carries_its_notes() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    data = pictures.png(pixels, about={"advlab": "ε = 2/255"})
    with Image.open(io.BytesIO(data)) as read:
        assert np.array_equal(np.asarray(read), pixels)
        assert read.text["advlab"] == "ε = 2/255"


def test_grey_png_has_one_channel() -> None:
    with Image.open(io.BytesIO(pictures.png(np.zeros((5, 5, 1), np.uint8)))) as read:
        assert read.mode == "L"


def test_a_digest_names_pixels_and_size() -> None:
    assert pictures.digest(RGB) == pictures.digest(RGB.copy())
    other = RGB.copy()
    other.putpixel((3, 3), (0, 0, 1))
    assert pictures.digest(other) != pictures.digest(RGB)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_there_without_a_network(name: str) -> None:
    assert sample(name).picture().mode == "RGB"


def test_an_unknown_sample_is_a_sentence() -> None:
    with pytest.raises(ParameterError, match="there are: coffee, cat"):
        sample("dog")


def test_samples_fit_models_that_know_what_they_show() -> None:
    assert [one.name for one in fitting(("Speed limit 20", "stop"))] == ["stop", "speed-limit-20"]
    assert [one.name for one in fitting(tuple("0123456789"))] == [f"digit-{k}" for k in range(10)]
    assert [one.name for one in fitting(imagenet.labels())] == ["coffee", "cat", "rocket", "motorcycle"]
    assert fitting(("class 0", "class 1")) == ()


def test_a_new_set_of_samples_is_one_new_file() -> None:
    """It registers itself, and its samples come at its place."""
    drawn = Image.new("RGB", (8, 8))
    registry.register("dummy", SampleSet(9, (Sample("dot", "Dot", "us", ("dot",), lambda: drawn),)))
    try:
        fresh = importlib.reload(samples)
        assert list(fresh.SAMPLES)[-1] == "dot"
        assert fresh.fitting(("Dot",))[0].picture() is drawn
    finally:
        registry.remove("dummy")
        importlib.reload(samples)


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(ParameterError, match="Did you mean “speed-limit-50”"):
        sample("speed-limit50")
