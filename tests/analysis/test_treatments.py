"""Each treatment on pictures whose fate can be computed by hand."""

import numpy as np
import pytest
from PIL import Image

from advlab.analysis import treatments
from advlab.analysis.treatments import SAVED, TREATMENTS

BY_NAME = {t.name: t for t in TREATMENTS}


def noise(height=30, width=40, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def smooth(height=30, width=40, channels=3):
    ramp = np.add.outer(np.arange(height), 2 * np.arange(width))
    return np.stack([(ramp + 20 * c) for c in range(channels)], axis=2).astype(np.uint8)


def test_names_and_sentences_are_there_once():
    assert len({t.name for t in (SAVED, *TREATMENTS)}) == len(TREATMENTS) + 1
    assert len({t.words for t in TREATMENTS}) == len(TREATMENTS)
    assert all(t.detail.endswith(".") for t in TREATMENTS)
    assert all(len(t.name) <= 20 for t in TREATMENTS)
    groups = [t.group for t in TREATMENTS]
    assert groups == sorted(groups, key=groups.index), "a group stands together"


@pytest.mark.parametrize("treatment", TREATMENTS, ids=lambda t: t.name)
@pytest.mark.parametrize("size", [(30, 40, 3), (28, 28, 1), (5, 7, 3), (2, 3, 1), (1, 1, 3), (1, 1, 1), (1, 9, 3)])
def test_size_and_type_stay_and_the_input_is_left_alone(treatment, size):
    pixels = noise(*size)
    before = pixels.copy()
    treated = treatment.apply(pixels)
    assert treated.shape == size
    assert treated.dtype == np.uint8
    assert np.array_equal(pixels, before)
    assert np.array_equal(treatment.apply(pixels), treated), "deterministic"


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("treatment", TREATMENTS, ids=lambda t: t.name)
def test_one_flat_grey_stays_as_it_is(treatment, value):
    """What only smooths, scales or encodes cannot touch it."""
    flat = np.full((28, 28, 3), value, np.uint8)
    expected = min(255, round(value * 1.1)) if treatment.name == "Brightness +10%" else value
    assert np.abs(treatment.apply(flat).astype(int) - expected).max() <= 1


def test_saved_is_the_same():
    pixels = noise()
    assert np.array_equal(SAVED.apply(pixels), pixels)


def test_less_quality_is_further_away():
    pixels = smooth() + noise(seed=1) // 8
    errors = [np.abs(BY_NAME[f"JPEG {q}"].apply(pixels).astype(int) - pixels).mean() for q in (95, 90, 75, 50, 30)]
    assert errors == sorted(errors)
    assert errors[0] > 0


def test_median_by_hand():
    pixels = np.zeros((3, 3, 1), np.uint8)
    pixels[1, 1] = 255
    assert BY_NAME["Median 3 × 3"].apply(pixels).max() == 0
    pixels[0] = pixels[1] = 200
    assert BY_NAME["Median 3 × 3"].apply(pixels)[1, 1] == 200


def test_blur_by_hand():
    """One row of a step edge against the Gaussian's own numbers."""
    pixels = np.zeros((1, 9, 1), np.uint8)
    pixels[0, 4] = 255
    weights = np.exp(-0.5 * (np.arange(-4, 5) / 1.0) ** 2)
    expected = np.rint(255 * weights / weights.sum())
    assert np.array_equal(BY_NAME["Blur 1"].apply(pixels)[0, :, 0], expected)


def test_half_and_back_flattens_a_checkerboard():
    board = (np.indices((16, 16)).sum(0) % 2 * 255).astype(np.uint8)[..., None]
    inner = BY_NAME["Half and back"].apply(board)[4:-4, 4:-4]
    assert np.ptp(inner.astype(int)) <= 2
    assert abs(float(inner.mean()) - 127.5) < 2


def test_brightness_by_hand():
    pixels = np.array([[[0], [100], [231], [232], [255]]], np.uint8)
    assert BY_NAME["Brightness +10%"].apply(pixels).ravel().tolist() == [0, 110, 254, 255, 255]


def test_cropping_moves_the_second_column_to_the_edge():
    pixels = np.zeros((28, 28, 1), np.uint8)
    pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1] = 255, 255, 255, 255
    assert BY_NAME["Crop the edge"].apply(pixels).max() == 0
    pixels = noise(224, 224)
    inner = Image.fromarray(pixels).crop((5, 5, 219, 219)).resize((224, 224), Image.Resampling.BICUBIC)
    assert np.array_equal(BY_NAME["Crop the edge"].apply(pixels), inner)


def test_gif_keeps_256_colours_and_loses_more():
    few = noise() // 86 * 86  # 27 colours at most
    assert np.array_equal(BY_NAME["GIF, 256 colours"].apply(few), few)
    grey = noise(channels=1)
    assert np.array_equal(BY_NAME["GIF, 256 colours"].apply(grey), grey)
    many = BY_NAME["GIF, 256 colours"].apply(noise(64, 64)).reshape(-1, 3)
    assert len(np.unique(many, axis=0)) <= 256


def test_colours_of_the_screen():
    """White and grey are the same in both spaces; red of sRGB lies inside P3, known to a level."""
    grey = np.arange(256, dtype=np.uint8).reshape(1, 256, 1).repeat(3, 2)
    assert np.array_equal(treatments._colours(grey, treatments._TO_P3), grey)
    red = np.array([[[255, 0, 0]]], np.uint8)
    shown = treatments._colours(red, treatments._TO_P3)
    assert np.abs(shown.astype(int) - [234, 51, 35]).max() <= 1
    assert np.abs(treatments._colours(shown, treatments._FROM_P3).astype(int) - red).max() <= 3


def test_a_screenshot_softens_and_stays_close():
    pixels = smooth()
    error = np.abs(BY_NAME["Screenshot"].apply(pixels).astype(int) - pixels)
    assert 0 < error.mean() < 3
    rough = noise()
    assert BY_NAME["Screenshot"].apply(rough).astype(float).std() < rough.astype(float).std()


def test_a_screenshot_step_by_step():
    """Grey is only scaled: to 1.25, bilinear, and back, bicubic. One flat colour only goes to the screen and back."""
    grey = noise(20, 40, 1)
    drawn = Image.fromarray(grey[..., 0]).resize((50, 25), Image.Resampling.BILINEAR)
    assert np.array_equal(BY_NAME["Screenshot"].apply(grey)[..., 0], drawn.resize((40, 20), Image.Resampling.BICUBIC))
    red = np.full((8, 8, 3), (255, 0, 0), np.uint8)
    assert np.abs(BY_NAME["Screenshot"].apply(red).astype(int) - red).max() <= 3
