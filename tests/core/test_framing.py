"""From pictures to a model's pixels: extreme proportions, and pixels that must stay as they are."""

import time

import numpy as np
import pytest
import torch
from PIL import Image

from advlab.core import framing
from advlab.core.classifier import Preprocessing
from advlab.errors import InputError
from tests.networks import conv, wrap

BICUBIC = Image.Resampling.BICUBIC


def noise(width, height, mode="RGB", seed=0):
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


@pytest.mark.parametrize("shape", [(1, 20_000), (20_000, 1), (3, 40_000), (40_000, 2), (1, 65_000)])
def test_extreme_proportions_do_not_fill_the_memory(shape, monkeypatch):
    """Scaled whole, a picture of 1 × 20,000 would have 1.3 thousand million pixels."""
    largest = 0
    resize = Image.Image.resize

    def watched(picture, size, *args, **options):
        nonlocal largest
        largest = max(largest, size[0] * size[1])
        return resize(picture, size, *args, **options)

    monkeypatch.setattr(Image.Image, "resize", watched)
    begin = time.perf_counter()
    assert framing.scaled(noise(*shape), 224, 224, 0.875, BICUBIC).size == (224, 224)
    assert time.perf_counter() - begin < 2
    assert 0 < largest <= 2**24


@pytest.mark.parametrize("length", [600, 601])
def test_the_centre_of_a_long_picture_stays_the_centre(length, monkeypatch):
    """Both ways give the same pixels where both can be gone."""
    source = noise(2, length)
    whole = framing.scaled(source, 32, 32, 1.0, BICUBIC)
    monkeypatch.setattr(framing, "_MOST_SCALED", 32 * 32 * 64)
    cut = framing.scaled(source, 32, 32, 1.0, BICUBIC)
    difference = np.abs(np.asarray(whole).astype(int) - np.asarray(cut))
    assert difference.mean() < 1


def test_the_size_is_torchvisions():
    """Cover the size divided by crop, then cut the middle: by hand."""
    source = noise(30, 20)
    expected = source.resize((15, 10), BICUBIC).crop((4, 1, 12, 9))
    assert np.array_equal(framing.scaled(source, 8, 8, 0.8, BICUBIC), expected)


@pytest.mark.parametrize(("size", "mode"), [((3, 6, 5), "RGB"), ((1, 28, 28), "L"), ((3, 224, 224), "RGB")])
def test_as_is_takes_every_value_as_it_is(size, mode):
    channels, height, width = size
    source = noise(width, height, mode)
    classifier = wrap(conv(size), 4, size)
    x = classifier.as_is(source)
    assert x.shape == (1, *size)
    assert x.dtype == torch.float32
    values = np.asarray(source).reshape(height, width, channels)
    assert np.array_equal((x[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy(), values)
    assert torch.equal(x, (x * 255).round() / 255)


def test_as_is_where_prepare_would_scale():
    classifier = wrap(conv((3, 8, 8)), 4, (3, 8, 8))
    closer = type(classifier)(classifier.module, classifier.labels, (3, 8, 8), preprocessing=Preprocessing(crop=0.5))
    source = noise(8, 8)
    assert not torch.equal(closer.prepare(source), closer.as_is(source))
    assert torch.equal(classifier.prepare(source), closer.as_is(source))


@pytest.mark.parametrize("shape", [(6, 5), (5, 7), (10, 12), (1, 1)])
def test_as_is_says_which_size_it_wants(shape):
    with pytest.raises(InputError, match=r"pixels and model sees 5 × 6: use `prepare`"):
        wrap(conv((3, 6, 5)), 4, (3, 6, 5)).as_is(noise(*shape))


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_deep_pictures_are_refused_rather_than_cut(mode):
    """Pillow would turn everything above 255 into white."""
    with pytest.raises(InputError, match=r"beyond 8 bits .*pictures\.read"):
        wrap(conv((3, 6, 5)), 4, (3, 6, 5)).prepare(Image.new(mode, (5, 6)))


@pytest.mark.parametrize("target", [(224, 224, 0.875), (28, 28, 1.0), (6, 5, 0.9), (1, 1, 1.0)])
@pytest.mark.parametrize("width", [1, 2, 3, 27, 28, 29, 255, 256, 300, 50_000])
@pytest.mark.parametrize("height", [1, 2, 5, 28, 224, 257])
def test_every_size_of_picture_fits_every_input(width, height, target):
    high, wide, crop = target
    framed = framing.scaled(Image.new("L", (width, height), 77), high, wide, crop, BICUBIC)
    assert framed.size == (wide, high)
    assert framed.getextrema() == (77, 77), "no border of another colour"
