"""Files that are no pictures we read, told by their first bytes, so that people learn what they have."""

# Where a kind of file begins with one of these bytes, and what it is called in a sentence.
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\1\0", "an icon"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x1a\x45\xdf\xa3", "a video"),
    (b"PK\x03\x04", "an archive or a document"),
    (b"FUJIFILM", "a camera's raw file"),
)
# ISO base media files: bytes 4 to 8 are "ftyp", the next four say what it is.
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    b"crx ": "a camera's raw file",
}
_OURS = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF87a", b"GIF89a")


def kind(data: bytes) -> str | None:
    """What a file is that we do not read, as it stands in a sentence; None for anything unknown."""
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "a video")
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "a video"
    return next((name for start, name in _STARTS if data.startswith(start)), None) or _text(data)


def _text(data: bytes) -> str | None:
    head = data[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"<svg", b"<?xml", b"<!--")) and b"<svg" in head:
        return "SVG"
    return "a web page" if head.startswith((b"<!doctype html", b"<html")) else None


def begins_like_ours(data: bytes) -> bool:
    """Whether the first bytes are those of a format that we read, whatever comes after them."""
    return data.startswith(_OURS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
