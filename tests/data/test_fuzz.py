"""A thousand broken pictures: each is a picture or a sentence, soon, and never anything else."""

import time

import numpy as np
import pytest

from advlab.data import pictures
from advlab.errors import InputError
from tests.data.files import valid
from tests.data.mutations import mutated

FILES = valid()
NAMES = tuple(FILES)
COUNT = 1_000
GROUPS = 10
# Of 230,000: here decoders fail with struct.error, IndexError, TypeError and OverflowError.
ODD = (5037, 5077, 17894, 20696, 22226, 23916)
SLOWEST = 5.0  # seconds of work, so that a busy machine does not fail


def case(seed):
    """The mutated file of this number, and what it was made from."""
    generator = np.random.default_rng(seed)
    name, other = NAMES[seed % len(NAMES)], NAMES[int(generator.integers(0, len(NAMES)))]
    return f"{name} + {other}", mutated(FILES[name], FILES[other], generator)


def read(data):
    """What becomes of it: a size, or a sentence."""
    try:
        picture = pictures.read(data, "x.png")
    except InputError as error:
        text = str(error)
        assert text.startswith("x.png")
        assert text.endswith(".")
        assert "\n" not in text
        return text
    assert picture.mode == "RGB"
    assert picture.width * picture.height <= pictures.MAX_PIXELS
    assert not picture.info
    assert len(picture.tobytes()) == 3 * picture.width * picture.height
    return picture.size


@pytest.mark.parametrize("name", NAMES)
def test_what_is_mutated_can_be_read(name):
    assert isinstance(read(FILES[name]), tuple)


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_mutated_file_is_a_picture_or_a_sentence(group):
    for seed in (*range(group, COUNT, GROUPS), *ODD[group : group + 1]):
        what, data = case(seed)
        begin = time.thread_time()
        try:
            read(data)
            pictures.recognise(data)
        except Exception as error:
            raise AssertionError(f"mutation {seed} of {what}: {error!r}") from error
        assert time.thread_time() - begin < SLOWEST, f"mutation {seed} of {what}"


def test_the_mutations_reach_the_decoders():
    """If nearly all were refused at the door, or nearly none, they would prove nothing."""
    cases = [case(seed)[1] for seed in range(200)]
    assert cases == [case(seed)[1] for seed in range(200)]
    assert len(set(cases)) > 190
    results = [read(data) for data in cases]
    assert 30 < sum(isinstance(result, tuple) for result in results) < 170
    assert {word for result in results for word in ("damaged", "not a picture") if word in result} == {
        "damaged", "not a picture",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_tenth_of_a_file_is_a_picture_or_a_sentence(name):
    whole = FILES[name]
    for tenth in range(10):
        read(whole[: len(whole) * tenth // 10])
