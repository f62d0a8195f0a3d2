"""Files that are not what they say, names that are no names, and many people at once."""

import threading
import time
import warnings

import pytest
from PIL import Image

from advlab.data import decoding, pictures
from advlab.errors import InputError
from tests.data.files import encoded, scene

PNG, JPEG = encoded(scene(), "PNG"), encoded(scene(), "JPEG")


def sentence(data, name="holiday.png"):
    """What is said about a file that cannot be read."""
    with pytest.raises(InputError) as caught:
        pictures.read(data, name)
    assert str(caught.value).startswith(name)
    return str(caught.value)


def test_the_content_decides_not_the_name():
    assert pictures.read(JPEG, "picture.gif").size == scene().size
    assert "not a picture that we can read" in sentence(b"Dear diary, today", "holiday.jpg")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIC"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "a video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (b"8BPS\0\x01", "a Photoshop document"),
        (b"PK\x03\x04\x14\0", "an archive or a document"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<svg width="3">', "SVG"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (encoded(scene(), "AVIF") if "AVIF" in Image.SAVE else b"\0\0\0\x20ftypavif", "AVIF"),
        (encoded(scene(), "JPEG2000"), "JPEG 2000"),
        (encoded(scene(), "ICO"), "an icon"),
        (encoded(scene(), "PDF"), "a PDF"),
    ],
    ids=range(19),
)
def test_what_it_is_instead(data, what):
    text = sentence(data, "photo.jpg")
    assert text == f"photo.jpg is {what}, which we cannot read: save it as JPEG or PNG and try again."


@pytest.mark.parametrize("kind", ["EPS", "PPM", "TGA", "SGI", "PCX", "MSP", "XBM", "DDS"])
def test_other_decoders_are_not_asked(kind):
    """Least of all PostScript, for which Pillow would start another program."""
    picture = scene("1") if kind in ("MSP", "XBM") else scene()
    assert "cannot read" in sentence(encoded(picture, kind)) or "not a picture" in sentence(encoded(picture, kind))


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"RIFF\0\0\0\0WEBP"]
)
def test_a_beginning_without_a_picture(start):
    assert "damaged or cut off" in sentence(start + b"\0\1\2\3" * 5)


def test_long_and_odd_names_fit_into_a_sentence():
    with pytest.raises(InputError) as caught:
        pictures.read(b"", "very " * 100 + "long\nname\t.png")
    assert len(str(caught.value)) < 100
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"^This file is empty"):
        pictures.read(b"", " \n")


def test_one_file_is_decoded_at_a_time(monkeypatch):
    """Thirty people upload at once; and the process's warnings are left as they were."""
    inside, most, results = 0, 0, []
    upright = decoding._upright

    def watched(picture):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.002)
        inside -= 1
        return upright(picture)

    monkeypatch.setattr(decoding, "_upright", watched)
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: results.append(pictures.read(JPEG).size)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [scene().size] * 30
    assert most == 1
    assert list(warnings.filters) == before


def test_a_failure_lets_the_next_one_in():
    for _ in range(3):
        sentence(PNG[:100])
    assert pictures.read(PNG).size == scene().size
