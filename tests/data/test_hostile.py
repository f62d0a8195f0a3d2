"""Files made to break a reader: huge once opened, or endless. Each is a sentence, soon."""

import gc
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from advlab.data import pictures
from advlab.errors import InputError
from tests.data import files
from tests.data.files import chunk, encoded, scene

MEGABYTES = 2**20
PNG, JPEG, GIF = (encoded(scene(), kind) for kind in ("PNG", "JPEG", "GIF"))


def sentence(data, name="holiday.png"):
    """What is said about it, in less than five seconds of work."""
    begin = time.thread_time()
    with pytest.raises(InputError) as caught:
        pictures.read(data, name)
    assert time.thread_time() - begin < 5
    text = str(caught.value)
    assert text.startswith(name)
    assert text.endswith(".")
    return text


def zeros(width, height, depth, colour):
    """A PNG of nothing but zeros, which takes a thousandth of its pixels."""
    row = bytes(1 + width * depth * {0: 1, 2: 3, 6: 4}[colour] // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG[:8] + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


# --- too many pixels ---


def test_a_png_of_30000_by_30000():
    data = zeros(30_000, 30_000, 1, 0)
    assert len(data) < MEGABYTES
    assert "pixels; we read up to 40 million" in sentence(data)


def gif_screen(width, height):
    return GIF[:6] + struct.pack("<HH", width, height) + GIF[10:]


def gif_frame(width, height):
    at = GIF.index(b",\0\0\0\0") + 5
    return GIF[:at] + struct.pack("<HH", width, height) + GIF[at + 4 :]


def webp_canvas(side):
    data = encoded(scene(), "WEBP", exif=files.exif(1))
    at = data.index(b"VP8X") + 12
    return data[:at] + struct.pack("<I", side - 1)[:3] * 2 + data[at + 6 :]


def jpeg_size(width, height):
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + struct.pack(">HH", height, width) + JPEG[at + 4 :]


@pytest.mark.parametrize(
    "data",
    [
        zeros(8_000, 6_000, 1, 0), gif_screen(65_535, 65_535), gif_screen(65_535, 2_000), gif_frame(65_535, 65_535),
        webp_canvas(16_383), jpeg_size(65_500, 65_500), jpeg_size(8_000, 6_000),
        files.grey_tiff(2**31 - 1, 2**31 - 1), files.grey_tiff(30_000, 30_000), files.grey_tiff(8_000, 6_000),
        files.bmp(2**31 - 1, 2**31 - 1, 24, b""), files.bmp(8_000, -(2**31), 24, b""),
        files.bmp(8_000, -6_000, 24, b""),
    ],
    ids=range(13),
)  # fmt: skip
def test_a_header_of_too_many_pixels(data):
    assert "pixels; we read up to 40 million" in sentence(data)


def test_the_number_of_pixels_is_said_where_it_is_known():
    assert sentence(zeros(8_000, 6_000, 1, 0)).startswith("holiday.png has 8,000 × 6,000 pixels; we read")


@pytest.mark.parametrize("data", [gif_frame(6_000, 5_000), files.grey_tiff(6_000, 6_000)])
def test_a_header_of_many_pixels_with_nothing_behind_it(data):
    assert "damaged or cut off" in sentence(data)


# --- bombs and endless files ---


def scans(count):
    """A progressive JPEG that goes over its 6.25 million pixels again and again."""
    data = encoded(Image.new("RGB", (2_500, 2_500), (10, 200, 30)), "JPEG", progressive=True)
    end, scan = data.rindex(b"\xff\xd9"), data.rindex(b"\xff\xc4", 0, data.rindex(b"\xff\xda"))
    return data[:end] + data[scan:end] * count + data[end:]


def sub_directory():
    """A TIFF whose EXIF directory has millions of numbers."""
    length = 8 * MEGABYTES
    at = len(files.grey_tiff(8, 8, (34665, 4, 1, 0)))
    inner = struct.pack("<HHHLLL", 1, 40_000, 3, length // 2, 0, 0)
    return files.grey_tiff(8, 8, (34665, 4, 1, at), data=inner + bytes(length))


def strips(tag, kind, count, order="<", start=None):
    size = {1: 1, 3: 2, 4: 4}[kind]
    more = [(278, 4, 1, 1)] if tag == 273 else [(322, 4, 1, 1), (323, 4, 1, 1)]
    data = files.grey_tiff(2_000, 2_000, (tag, kind, count, bytes(count * size)), *more, order=order)
    return (start or data[:4]) + data[4:]


def big_strips(order):
    """A BigTIFF of millions of strips."""
    count = 2_000_000
    head = (b"II+\0" if order == "<" else b"MM\0+") + struct.pack(f"{order}HHQ", 8, 0, 16)
    entry = struct.pack(f"{order}QHHQQQ", 1, 273, 16, count, 52, 0)
    return head + entry + bytes(8 * count)


ENDLESS = {
    "png chunks": lambda: files.after_header(PNG, chunk(b"prVt", b"") * 1_000_000),
    "png data in crumbs": lambda: files.after_header(PNG, chunk(b"IDAT", b"") * 1_000_000),
    "gif extensions": lambda: GIF[:13] + b"!\x01\0" * 3_000_000 + GIF[13:],
    "gif comment in crumbs": lambda: GIF[:13] + b"!\xfe" + b"\x01c" * 5_000_000 + b"\0" + GIF[13:],
    "gif junk": lambda: GIF[: GIF.index(b",\0\0\0\0")] + bytes(10 * MEGABYTES) + b";",
    "jpeg segments": lambda: JPEG[:2] + b"\xff\xef\0\x02" * 4_000_000 + JPEG[2:],
    "jpeg padding": lambda: JPEG[:2] + b"\xff" * (15 * MEGABYTES) + JPEG[2:],
    "jpeg scans": lambda: scans(10_000),
    "bmp runs": lambda: files.bmp(3_200, 3_200, 8, b"\x01\x05" * 5_000_000, 1, bytes(1024)),
    "tiff strips": lambda: strips(273, 4, 4_000_000),
    "tiff strips, short": lambda: strips(273, 3, 8_000_000),
    "tiff strips, bytes": lambda: strips(273, 1, 15_000_000),
    "tiff tiles": lambda: strips(324, 4, 4_000_000),
    "tiff motorola": lambda: strips(273, 4, 4_000_000, ">"),
    "tiff odd header": lambda: strips(273, 4, 4_000_000, "<", b"II\0*"),
    "tiff big": lambda: big_strips("<"),
    "tiff big motorola": lambda: big_strips(">"),
    "tiff directory": sub_directory,
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDLESS)
def test_endless_files_are_given_up(kind):
    data = ENDLESS[kind]()
    assert len(data) < pictures.MAX_BYTES
    begin = time.thread_time()
    assert "too many pieces" in sentence(data)
    assert time.thread_time() - begin < 3


def test_text_bombs():
    bomb = zlib.compress(b"x" * 100 * MEGABYTES, 9)
    for kind, content in (
        (b"zTXt", b"a\0\0" + bomb),
        (b"iTXt", b"a\0\x01\0\0\0" + bomb),
        (b"iCCP", b"a\0\0" + bomb),
        (b"zTXt", None),
    ):
        extra = chunk(kind, content) if content else chunk(kind, b"a\0\0" + zlib.compress(bytes(MEGABYTES - 1))) * 200
        assert "damaged" in sentence(files.after_header(PNG, extra))


def test_a_directory_that_contains_itself_is_read_once():
    data = files.grey_tiff(8, 8, (34665, 4, 1, 8), (330, 4, 1, 8), data=bytes(64))
    assert pictures.read(data).size == (8, 8)


def test_usual_progressive_files_are_no_bombs():
    large = Image.fromarray(np.random.default_rng(0).integers(0, 256, (400, 600, 3), dtype=np.uint8))
    large = large.resize((6_000, 4_000))
    assert pictures.read(encoded(large, "JPEG", progressive=True)).size == (6_000, 4_000)


def test_a_large_file_needs_little_more_than_its_pixels():
    """24 million deep pixels: 48 MB in the file, 96 MB as RGB, and never 192 MB as one array of float64."""
    data = zeros(6_000, 4_000, 16, 0)
    gc.collect()
    tracemalloc.start()
    read = pictures.read(data)
    most = tracemalloc.get_traced_memory()[1]  # of Python and NumPy
    tracemalloc.stop()
    assert read.size == (6_000, 4_000)
    assert most < 170 * MEGABYTES
