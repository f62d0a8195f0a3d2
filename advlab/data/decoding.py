"""Decoding what strangers send: bounded in memory and time, with every failure one exception.

Pillow's decoders are asked for the six formats only, none of which runs code or other programs. What
they do not bound themselves is bounded here: files of millions of tiny pieces, pictures of many scans.
One file is decoded at a time, because 40 million pixels can take half a gigabyte while they are, and
because Python's `warnings.catch_warnings` is not made for threads. A photo takes 0.1 s, the largest 0.5.
"""

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

from advlab.data import colours

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
MAX_PIXELS = 40_000_000

# Pieces of a file that Python code walks one by one, at about a microsecond each.
_MOST_READS = 500_000
_MOST_STRIPS = 200_000
# A progressive JPEG may go over all pixels again in each scan, and say so in 20 bytes. Usual ones have 10.
_MOST_WORK = 20 * MAX_PIXELS  # pixels × scans
_SMALLEST_SCAN = _MOST_WORK // 1000
# Decoders raise what happens to go wrong in them.
_BROKEN = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_STRIP_TAGS = (273, 279, 324, 325)
_DIRECTORY_TAGS = (34665, 34853, 40965)  # those that Pillow opens by itself
_BYTE_TYPES = (1, 2, 7)  # kept as bytes, whatever their number
_BIG_TIFF = 43

_one_at_a_time = threading.Lock()


class UnreadableError(Exception):
    """No decoder takes it for a picture."""


class BrokenError(Exception):
    """It is a picture, and a decoder failed."""


class TooManyPixelsError(Exception):
    """The picture is `args[0]` pixels wide and `args[1]` high, or of an unknown size beyond all bounds."""


class TooIntricateError(Exception):
    """It is made of more pieces than any program would write."""


def decode(data: bytes) -> Image.Image:
    """The first picture of a file, upright, in 8-bit RGB.

    Raises:
        UnreadableError, BrokenError, TooManyPixelsError, TooIntricateError: nothing else.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata; the pixels decide
        try:
            if data[:2] in (b"II", b"MM"):
                for big in {data[2] == _BIG_TIFF, _BIG_TIFF in data[2:4]}:
                    _check_directories(data, big=big)
            with Image.open(_Counted(data), formats=FORMATS) as picture:
                _check_size(picture, data)
                picture.load()
                return colours.srgb(_upright(picture))
        except UnidentifiedImageError as error:
            raise UnreadableError from error
        except Image.DecompressionBombError as error:
            raise TooManyPixelsError from error
        except _BROKEN as error:
            raise BrokenError from error


class _Counted(io.BytesIO):
    """A file that can be read often, but not for ever."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = _MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise TooIntricateError
        return super().read(size)


def _check_size(picture: Image.Image, data: bytes) -> None:
    pixels = picture.width * picture.height
    if pixels > MAX_PIXELS:
        raise TooManyPixelsError(picture.width, picture.height)
    if picture.format in ("JPEG", "MPO"):
        scans = data.count(b"\xff\xda")  # inside a scan, ff is always followed by 00
        if scans > 1 and scans * max(pixels, _SMALLEST_SCAN) > _MOST_WORK:
            raise TooIntricateError


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as the camera was held; TIFF files are turned by Pillow already."""
    turn = None if picture.format == "TIFF" else _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    if turn is None:
        return picture
    turned = picture.transpose(turn)
    turned.info = picture.info
    return turned


def _check_directories(data: bytes, *, big: bool) -> None:
    """Refuse TIFF files whose lists are long enough to fill the memory once they are Python's."""
    order = "<" if data[:1] == b"I" else ">"
    waiting = list(struct.unpack_from(f"{order}{'Q' if big else 'L'}", data, 8 if big else 4))
    seen = set[int]()
    while waiting:
        at = waiting.pop()
        if at in seen or len(seen) > len(_DIRECTORY_TAGS):
            continue
        seen.add(at)
        for tag, kind, count, value in _entries(data, at, order, big=big):
            listed = tag in _STRIP_TAGS or kind not in _BYTE_TYPES
            if listed and _MOST_STRIPS < count <= len(data):  # more than there are bytes, Pillow passes over
                raise TooIntricateError
            if tag in _DIRECTORY_TAGS:
                waiting.append(value)


def _entries(data: bytes, at: int, order: str, *, big: bool) -> Iterator[tuple[int, int, int, int]]:
    """Tag, type, count and value of a directory's entries, as far as they are there."""
    head, entry = (f"{order}Q", f"{order}HHQQ") if big else (f"{order}H", f"{order}HHLL")
    try:
        (count,) = struct.unpack_from(head, data, at)
        begin = at + struct.calcsize(head)
        for k in range(min(count, _MOST_READS)):
            tag, kind, number, value = struct.unpack_from(entry, data, begin + k * struct.calcsize(entry))
            yield tag, kind, number, value
    except struct.error:  # the rest is missing; Pillow reads as far
        return
