"""The notes in our own PNG files: text that says which run a picture came from."""

import struct
import zlib
from collections.abc import Iterator

from PIL.PngImagePlugin import PngInfo

_MAGIC = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 10_000
LONGEST = 16_384  # bytes of one note


def written(notes: dict[str, str]) -> PngInfo:
    """Notes as Pillow takes them: iTXt chunks, uncompressed."""
    info = PngInfo()
    for key, text in notes.items():
        info.add_itxt(key, text)
    return info


def note(data: bytes, key: str) -> str | None:
    """The text that a PNG file carries under a key, or None.

    Reads only what `written` writes: an uncompressed iTXt chunk with a valid checksum and at most
    `LONGEST` bytes. Nothing is decoded but this text, so the file may be anything.
    """
    head = key.encode("latin-1") + b"\0\0\0"  # no compression, method 0
    for kind, content in _chunks(data):
        if kind != b"iTXt" or not content.startswith(head) or len(content) > LONGEST + len(head):
            continue
        _language, _, rest = content[len(head) :].partition(b"\0")
        _translated, _, text = rest.partition(b"\0")
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError:
            return None
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk that is whole, until one is not; large ones without their content."""
    if not data.startswith(_MAGIC):
        return
    at = len(_MAGIC)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        begin, end = at + 8, at + 8 + length
        if end + 4 > len(data):
            return
        at = end + 4
        if length > 2 * LONGEST:
            continue
        (checksum,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(data[begin - 4 : end]) == checksum:
            yield kind, data[begin:end]
