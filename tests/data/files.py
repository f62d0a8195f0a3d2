"""Valid picture files of every kind that people bring, made from scratch."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

from advlab.data import pictures

SIZE = (24, 16)


def encoded(picture, kind, **options):
    file = io.BytesIO()
    picture.copy().save(file, kind, **options)  # a copy: Pillow leaves the options of one format for the next
    return file.getvalue()


def scene(mode="RGB", seed=0):
    """Soft blobs with some noise."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (4, 6, 4), dtype=np.uint8), "RGBA")
    picture = coarse.resize(SIZE, Image.Resampling.BICUBIC)
    return picture if mode == "RGBA" else picture.convert("RGB").convert(mode)


def deep(dtype, top):
    ramp = np.linspace(0, top, SIZE[0] * SIZE[1]).reshape(SIZE[1], SIZE[0])
    return Image.fromarray(ramp.astype(dtype))


# --- PNG ---


def chunk(kind, content, checksum=None):
    body = kind + content
    return (
        struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body) if checksum is None else checksum)
    )


def png(width, height, depth, colour, rows, extra=b"", interlace=0):
    """A PNG from unfiltered rows of bytes."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def after_header(data, extra):
    """A PNG with more chunks after its first."""
    return data[:33] + extra + data[33:]


def interlaced():
    """Adam7 with 8 × 8 grey pixels: passes of 1, 1, 2, 4, 8, 16 and 32 of them."""
    rows = [
        bytes(range(width))
        for width, height in ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4))
        for _ in range(height)
    ]
    return png(8, 8, 8, 0, rows, interlace=1)


# --- TIFF ---


def tiff(entries, data=b"", order="<"):
    """A TIFF of one directory: entries (tag, type, count, value or bytes), then data."""
    entries = sorted(entries, key=lambda entry: entry[0])
    begin = 8 + 2 + 12 * len(entries) + 4
    table, body = b"", b""
    for tag, kind, count, value in entries:
        where = begin + len(body) if isinstance(value, bytes) else value
        body += value if isinstance(value, bytes) else b""
        short = kind == 3 and not isinstance(value, bytes)
        table += struct.pack(
            f"{order}HHLHH" if short else f"{order}HHLL", tag, kind, count, *([where, 0] if short else [where])
        )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}LH", 8, len(entries))
    return head + table + struct.pack(f"{order}L", 0) + body + data


def grey_tiff(width, height, *more, **options):
    """The entries of an 8-bit grey TIFF whose only strip begins at the file's first byte."""
    given = {entry[0] for entry in more}
    usual = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 0),
             (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, min(width * height, 2**32 - 1))]  # fmt: skip
    return tiff([entry for entry in usual if entry[0] not in given] + list(more), **options)


# --- BMP ---


def bmp(width, height, bits, data, compression=0, palette=b""):
    at = 54 + len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", at + len(data), 0, 0, at) + head + palette + data


def rle_bmp():
    """Eight rows of eight pixels as runs."""
    row = b"\x05\x01\x03\x02\0\0"
    return bmp(8, 8, 8, row * 7 + b"\0\x08" + bytes(range(8)) + b"\0\x01", 1, bytes(range(256)) * 4)


# --- colour profiles ---


def _fixed(*values):
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1572, 0.0666, 0.7844))
SRGB_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


def profile(space=b"RGB ", gamma=2.2, primaries=P3):
    """A version 2 profile of primaries (RGB) or of one curve (GRAY); without a gamma sRGB's curve, in a short table."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round((gamma or 1) * 256)) + b"\0\0"
    if gamma is None:
        values = np.linspace(0, 1, 26)
        table = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        curve = b"curv\0\0\0\0" + struct.pack(">I", len(table)) + np.rint(table * 65535).astype(">u2").tobytes()
    tags = {b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1, 0.8249)}
    if space == b"RGB ":
        for name, primary in zip((b"r", b"g", b"b"), primaries, strict=True):
            tags |= {name + b"XYZ": b"XYZ \0\0\0\0" + _fixed(*primary), name + b"TRC": curve}
    else:
        tags[b"kTRC"] = curve
    return _profile(space, b"XYZ ", b"mntr", tags)


def ink_profile():
    """A printer's profile in which full cyan is middle grey (L* 50), any black is black, and paper is white."""
    lightness = [0 if ink & 1 else 128 if ink & 8 else 255 for ink in range(16)]  # cyan changes slowest
    table = b"".join(bytes((value, 128, 128)) for value in lightness)
    ramp = bytes(range(256))
    identity = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + table + ramp * 3
    tags = dict.fromkeys((b"A2B0", b"A2B1"), lut) | {b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1, 0.8249)}
    return _profile(b"CMYK", b"Lab ", b"prtr", tags)


def _profile(space, connection, kind, tags):
    table, body = b"", b""
    for name, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", 132 + len(table) + len(body), b"", 0x02400000, kind, space, connection)
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + _fixed(0.9642, 1, 0.8249) + b"\0" * 48
    return head + struct.pack(">I", len(tags)) + table + body


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = "a description"
    return tags.tobytes()


def valid():
    """One file of each kind, by name."""
    rgb, second = scene(), scene(seed=1)
    film = {"save_all": True, "append_images": [second, rgb], "duration": 50}
    about = {"advlab": '{"picture":"sample:coffee"}', "verdict": "FOOLED"}
    files = {
        "jpeg": encoded(rgb, "JPEG", quality=80),
        "jpeg grey": encoded(scene("L"), "JPEG"),
        "jpeg cmyk": encoded(scene("CMYK"), "JPEG", icc_profile=ink_profile()),
        "jpeg progressive": encoded(rgb, "JPEG", progressive=True, optimize=True),
        "jpeg exif": encoded(rgb, "JPEG", exif=exif(6), icc_profile=profile(), comment=b"hello", subsampling=0),
        "jpeg restarts": encoded(rgb, "JPEG", restart_marker_blocks=1, quality=100),
        "mpo": encoded(rgb, "MPO", save_all=True, append_images=[scene(seed=1)]),
        "png": encoded(rgb, "PNG", icc_profile=profile(), exif=exif(8), dpi=(72, 72)),
        "png notes": pictures.png(np.asarray(rgb), about=about),
        "png grey": encoded(scene("L"), "PNG", icc_profile=profile(b"GRAY", 1.0)),
        "png alpha": encoded(scene("RGBA"), "PNG"),
        "png grey alpha": encoded(scene("LA"), "PNG"),
        "png palette": encoded(scene("P"), "PNG", transparency=3),
        "png bits": encoded(scene("1"), "PNG"),
        "png deep": encoded(deep(np.uint16, 65535), "PNG"),
        "png interlaced": interlaced(),
        "apng": encoded(rgb, "PNG", **film, default_image=True),
        "webp": encoded(rgb, "WEBP", exif=exif(3), icc_profile=profile()),
        "webp lossless": encoded(scene("RGBA"), "WEBP", lossless=True),
        "webp animated": encoded(rgb, "WEBP", **film),
        "gif": encoded(scene("P"), "GIF", transparency=2, comment=b"hello"),
        "gif animated": encoded(rgb, "GIF", **film, disposal=2, loop=0),
        "bmp": encoded(rgb, "BMP"),
        "bmp palette": encoded(scene("P"), "BMP"),
        "bmp bits": encoded(scene("1"), "BMP"),
        "bmp alpha": encoded(scene("RGBA"), "BMP"),
        "bmp runs": rle_bmp(),
        "bmp upside down": bmp(8, -8, 24, bytes(range(192))),
        "tiff": encoded(rgb, "TIFF"),
        "tiff pages": encoded(
            rgb, "TIFF", save_all=True, append_images=[scene(seed=1)], exif=exif(7), icc_profile=profile()
        ),
        "tiff float": encoded(deep(np.float32, 1), "TIFF"),
        "tiff deep": encoded(deep(np.uint16, 65535), "TIFF", compression="tiff_lzw"),
        "tiff wide": encoded(deep(np.int32, 2**20), "TIFF"),
        "tiff lab": encoded(Image.merge("LAB", scene().split()), "TIFF"),
        "tiff cmyk": encoded(scene("CMYK"), "TIFF", icc_profile=ink_profile()),
        "tiff alpha": encoded(scene("RGBA"), "TIFF", compression="tiff_adobe_deflate"),
        "tiff palette": encoded(scene("P"), "TIFF", compression="packbits"),
        "tiff fax": encoded(scene("1"), "TIFF", compression="group4"),
        "tiff jpeg": encoded(rgb, "TIFF", compression="jpeg"),
        "tiff big": encoded(rgb, "TIFF", big_tiff=True),
        "tiff motorola": grey_tiff(8, 8, order=">", data=bytes(64)),
    }  # fmt: skip
    for name in ("tiff_ccitt", "group3", "lzma", "zstd"):
        mode = "1" if name in ("tiff_ccitt", "group3") else "RGB"
        files[f"tiff {name}"] = encoded(scene(mode), "TIFF", compression=name)
    return files
