"""Uploads are kept as files; their pixels are decoded again, and few are remembered."""

import hashlib
import threading

import pytest
from PIL import Image

from advlab.data import pictures, uploads
from advlab.errors import InputError
from tests.data.files import encoded, scene
from tests.data.test_recognise import REQUEST, exported


@pytest.fixture(autouse=True)
def memory(monkeypatch):
    """One of this test's own, with room for three pictures of 24 × 16."""
    own = uploads.Memory(3 * 24 * 16)
    monkeypatch.setattr(uploads, "_memory", own)
    return own


@pytest.fixture
def decoded(monkeypatch):
    """The names of the files that are decoded."""
    names, read = [], pictures.read
    monkeypatch.setattr(pictures, "read", lambda data, name: names.append(name) or read(data, name))
    return names


def test_an_upload_has_the_pixels_and_the_digest_of_its_picture():
    data = encoded(scene(), "PNG")
    upload = uploads.take(data, "x.png")
    assert upload.image.tobytes() == pictures.read(data).tobytes()
    assert upload.digest == pictures.digest(upload.image)
    assert upload.request is None
    assert "PNG" not in repr(upload)


def test_our_own_pictures_bring_their_request():
    assert uploads.take(exported(), "x.png").request == REQUEST


def test_what_cannot_be_read_is_a_sentence():
    with pytest.raises(InputError, match=r"^x\.png is empty"):
        uploads.take(b"", "x.png")


def test_the_last_pictures_are_remembered_and_others_decoded_again(memory, decoded):
    taken = [uploads.take(encoded(scene(seed=k), "PNG"), str(k)) for k in range(5)]
    assert decoded == list("01234")
    assert memory.pixels == 3 * 24 * 16
    for k in (2, 3, 4):
        assert taken[k].image is taken[k].image
    assert decoded == list("01234")
    first = taken[0].image
    assert decoded == list("012340")
    assert first.tobytes() == scene(seed=0).tobytes()
    assert taken[0].image is first
    _ = taken[3].image, taken[2].image
    assert decoded == list("0123402")
    _ = taken[0].image, taken[3].image
    assert decoded == list("0123402"), "4 was the one not asked for the longest"


def test_one_picture_is_remembered_however_large(memory):
    large = uploads.take(encoded(Image.new("RGB", (100, 100)), "PNG"), "large")
    assert large.image is large.image
    small = uploads.take(encoded(scene(), "PNG"), "small")
    assert small.image is small.image
    assert memory.pixels == 24 * 16


def test_many_threads(memory):
    taken = [uploads.take(encoded(scene(seed=k), "PNG"), str(k)) for k in range(5)]
    wrong = []

    def look(start):
        for k in range(20):
            upload = taken[(start + k) % 5]
            if pictures.digest(upload.image) != upload.digest:
                wrong.append(upload)

    threads = [threading.Thread(target=look, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert memory.pixels <= 3 * 24 * 16


@pytest.mark.parametrize("size", [(24, 16), (1, 3_000_000), (1_500_000, 2), (1, 1)])
def test_a_digest_is_that_of_all_bytes(size):
    picture = Image.new("RGB", size, (1, 2, 3))
    expected = hashlib.sha256(f"{size}RGB".encode() + picture.tobytes()).hexdigest()[:16]
    assert pictures.digest(picture) == expected
