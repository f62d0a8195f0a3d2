"""Every depth and colour model arrives as upright 8-bit sRGB, with values that are known."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from advlab.data import pictures
from tests.data import files
from tests.data.files import encoded, png

FOUR = [[0, 10], [200, 255]]


def first(data):
    return pictures.read(data).getpixel((0, 0))


def grey(data):
    """The values of a picture without colour."""
    values = np.asarray(pictures.read(data))
    assert (values == values[..., :1]).all()
    return values[..., 0].tolist()


def flat(mode, colour, kind="PNG", **options):
    return encoded(Image.new(mode, (16, 16), colour), kind, **options)


# --- depth ---


def test_sixteen_bits_of_grey():
    data = png(2, 1, 16, 0, [struct.pack(">HH", 200 * 257, 300)])
    assert grey(data) == [[200, 1]]


def test_sixteen_bits_of_grey_and_transparency():
    seen = png(2, 1, 16, 4, [struct.pack(">HHHH", 200 * 257, 65535, 0, 0)])
    assert grey(seen) == [[200, 255]]
    key = png(2, 1, 16, 0, [struct.pack(">HH", 300, 40 * 257)], files.chunk(b"tRNS", struct.pack(">H", 300)))
    assert grey(key) == [[255, 40]]


def test_sixteen_bits_of_colour_keep_their_upper_half():
    row = struct.pack(">HHH", 65535, 128 * 257, 0)
    assert first(png(1, 1, 16, 2, [row])) == (255, 128, 0)
    assert first(png(1, 1, 16, 6, [row + b"\xff\xff"])) == (255, 128, 0)


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_sixteen_bits_in_tiff(compression):
    deep = Image.fromarray((np.array(FOUR) * 257).astype(np.uint16))
    assert grey(encoded(deep, "TIFF", compression=compression)) == FOUR


def test_dark_sixteen_bits_are_not_brightened():
    dark = Image.fromarray(np.full((2, 2), 200, np.uint16))
    assert grey(encoded(dark, "PNG")) == [[1, 1], [1, 1]]


def test_motorola_order_and_sixteen_bits():
    data = files.grey_tiff(2, 1, (258, 3, 1, 16), (279, 4, 1, 4), (273, 4, 1, 122), data=b"\xff\xff\x80\x80", order=">")
    assert data.index(b"\xff\xff\x80\x80") == 122
    assert grey(data) == [[255, 128]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0.0, 0.5], [1.0, 0.25]], [[0, 128], [255, 64]]),
        ([[0.0, 0.5], [1.0, 1.7]], [[0, 128], [255, 255]]),
        ([[0.0, 128.0], [255.0, 3.2]], [[0, 128], [255, 3]]),
        ([[0.0, 65535.0], [257.0, 25700.0]], [[0, 255], [1, 100]]),
        ([[-5.0, 1e6], [5e5, 0.0]], [[0, 255], [128, 0]]),
        ([[np.nan, np.inf], [-np.inf, 0.5]], [[0, 255], [0, 128]]),
        ([[np.nan, np.nan], [np.nan, np.nan]], [[0, 0], [0, 0]]),
        ([[-1e38, 3e38], [0.0, np.nan]], [[0, 255], [0, 0]]),
    ],
)
def test_floating_point_tiff(values, expected):
    assert grey(encoded(Image.fromarray(np.array(values, np.float32)), "TIFF")) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [([[0, 128], [255, 3]], [[0, 128], [255, 3]]), ([[-7, 70_000], [35_000, 0]], [[0, 255], [128, 0]])],
)
def test_integers_of_32_bits(values, expected):
    assert grey(encoded(Image.fromarray(np.array(values, np.int32)), "TIFF")) == expected


def test_deep_pictures_are_scaled_in_strips(monkeypatch):
    """With the same values as at once."""
    wide = files.deep(np.float32, 1)
    whole = grey(encoded(wide, "TIFF"))
    monkeypatch.setattr("advlab.data.colours._STRIP", 40)
    assert grey(encoded(wide, "TIFF")) == whole


# --- transparency ---


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (100, 0, 255, 0), (255, 255, 255)),
        ("RGBA", (100, 0, 255, 255), (100, 0, 255)),
        ("RGBA", (100, 0, 255, 128), (177, 127, 255)),
        ("LA", (100, 0), (255, 255, 255)),
        ("LA", (100, 128), (177, 177, 177)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_half_transparent_over_white(mode, colour, expected, kind):
    assert first(flat(mode, colour, kind)) == expected


def test_one_transparent_colour():
    assert grey(encoded(Image.fromarray(np.array(FOUR, np.uint8)), "PNG", transparency=10)) == [[0, 255], [200, 255]]
    assert first(flat("RGB", (5, 6, 7), transparency=(5, 6, 7))) == (255, 255, 255)
    assert first(flat("RGB", (5, 6, 8), transparency=(5, 6, 7))) == (5, 6, 8)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_with_a_transparent_entry(kind):
    picture = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8)).convert("P")
    picture.putpalette([9, 8, 7, 60, 70, 80])
    read = pictures.read(encoded(picture, kind, transparency=0))
    assert (read.getpixel((0, 0)), read.getpixel((1, 0))) == ((255, 255, 255), (60, 70, 80))


def test_premultiplied_tiff():
    """Extra samples of type 1: colours that are multiplied with their opacity already."""
    more = [
        (258, 3, 4, struct.pack("<HHHH", 8, 8, 8, 8)),
        (262, 3, 1, 2),
        (277, 3, 1, 4),
        (338, 3, 1, 1),
        (279, 4, 1, 4),
    ]
    data = files.grey_tiff(1, 1, *more, data=b"")
    at = len(data)
    data = files.grey_tiff(1, 1, *more, (273, 4, 1, at), data=bytes((50, 0, 128, 128)))
    assert np.abs(np.array(first(data)) - (177, 127, 255)).max() <= 1


# --- colour models ---


def test_inks():
    """CMYK without a profile, where files hold the inverse of the ink as Adobe's do."""
    red = flat("CMYK", (0, 255, 255, 0), "JPEG", quality=100)
    assert b"Adobe" in red
    assert np.abs(np.array(first(red)) - (255, 0, 0)).max() <= 2
    assert first(flat("CMYK", (0, 255, 255, 0), "TIFF")) == (255, 0, 0)
    assert np.abs(np.array(first(flat("CMYK", (0, 0, 0, 255), "JPEG"))) - 0).max() <= 2


def test_ycck():
    """The same file with the marker that says its first three inks are luma and two chromas.

    Held are the inverses 100, 128, 128 of the inks. As luma and chroma that is the grey 100, whose inverse
    155 is the inverse of the inks: equal inks of 100, the grey 155.
    """
    data = flat("CMYK", (155, 127, 127, 0), "JPEG", quality=100, subsampling=0)
    at = data.index(b"Adobe") + 11
    assert data[at] == 0
    ycck = data[:at] + b"\x02" + data[at + 1 :]
    assert np.abs(np.array(first(data)) - (100, 128, 128)).max() <= 2
    assert np.abs(np.array(first(ycck)) - (155, 155, 155)).max() <= 2


def test_lab():
    """Middle grey, and a red of sRGB: L*a*b* 53, 80, 67."""
    assert first(flat("LAB", (128, 128, 128), "TIFF")) == (119, 119, 119)
    assert np.abs(np.array(first(flat("LAB", (136, 208, 195), "TIFF"))) - (255, 0, 0)).max() <= 12


def test_ycbcr_tiff():
    assert np.abs(np.array(first(flat("YCbCr", (81, 90, 240), "TIFF"))) - (238, 14, 14)).max() <= 3


# --- profiles ---


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_wide_profile_is_converted(kind):
    """Display P3's (200, 50, 50) is redder than the same numbers of sRGB."""
    options = {"PNG": {}, "TIFF": {}, "JPEG": {"quality": 100}, "WEBP": {"lossless": True}}[kind]
    seen = first(flat("RGB", (200, 50, 50), kind, icc_profile=files.profile(), **options))
    assert np.abs(np.array(seen) - (219, 14, 35)).max() <= 2


def test_a_profile_works_with_transparency_palettes_and_grey():
    assert (
        np.abs(np.array(first(flat("RGBA", (200, 50, 50, 128), icc_profile=files.profile()))) - (237, 134, 145)).max()
        <= 2
    )
    palette = Image.new("P", (4, 4))
    palette.putpalette([200, 50, 50])
    assert np.abs(np.array(first(encoded(palette, "PNG", icc_profile=files.profile()))) - (219, 14, 35)).max() <= 2
    linear = files.profile(b"GRAY", gamma=1.0)
    assert first(flat("L", 55, icc_profile=linear)) == pytest.approx((128,) * 3, abs=2)  # sRGB's 128 is 55 linear
    assert first(flat("LA", (55, 255), icc_profile=linear)) == pytest.approx((128,) * 3, abs=2)
    assert first(flat("LA", (55, 0), icc_profile=linear)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_printers_profile(kind):
    """In which full cyan is L* 50; without it the ink would be (0, 255, 255)."""
    assert first(flat("CMYK", (255, 0, 0, 0), kind, icc_profile=files.ink_profile())) == pytest.approx(
        (119,) * 3, abs=3
    )
    assert first(flat("CMYK", (0, 0, 0, 0), kind, icc_profile=files.ink_profile())) == pytest.approx((255,) * 3, abs=3)


@pytest.mark.parametrize("nearly", [False, True])
def test_srgb_itself_changes_no_value(nearly):
    """Nor does another spelling of it, whose rounding moves colours by a level or two."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8))
    profile = files.profile(gamma=None, primaries=files.SRGB_PRIMARIES) if nearly else files.SRGB
    if nearly:
        loaded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        moved = np.asarray(ImageCms.profileToProfile(noise, loaded, ImageCms.createProfile("sRGB"))).astype(int)
        assert 0 < np.abs(moved - noise).max() <= 2
    assert np.array_equal(pictures.read(encoded(noise, "PNG", icc_profile=profile)), noise)


@pytest.mark.parametrize(
    "profile",
    [b"", b"x" * 500, files.profile()[:100], files.profile()[:200], files.profile()[:-30], files.ink_profile(),
     files.profile(b"GRAY"), files.profile() + b"\0" * 5_000_000],
    ids=["empty", "junk", "header", "cut", "tail", "inks", "grey", "endless"],
)  # fmt: skip
def test_an_impossible_profile_is_left_out(profile):
    assert first(flat("RGB", (200, 50, 50), "JPEG", quality=100, icc_profile=profile)) == pytest.approx(
        (200, 50, 50), abs=2
    )


# --- which picture, which way up ---


STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: upright.transpose(1, 0, 2)[::-1],
    7: lambda upright: upright[::-1, ::-1].transpose(1, 0, 2),
    8: lambda upright: upright.transpose(1, 0, 2)[:, ::-1],
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_orientation(kind, orientation):
    """Whatever way it is stored: red at the top left, green beside it, with blue below."""
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:, :16, 0], upright[:, 16:, 1], upright[8:, :, 2] = 255, 255, 255
    stored = STORED[orientation](upright)
    options = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}[kind]
    data = encoded(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=files.exif(orientation), **options)
    read = np.asarray(pictures.read(data)).astype(int)
    assert read.shape == upright.shape
    assert np.abs(read - upright).mean() < 4


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_orientation_of_a_compressed_tiff(compression):
    picture = Image.fromarray(np.zeros((4, 9, 3), np.uint8))
    assert pictures.read(encoded(picture, "TIFF", exif=files.exif(6), compression=compression)).size == (4, 9)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_the_first_of_several_pictures(kind):
    one, two = Image.new("RGB", (16, 16), (250, 0, 0)), Image.new("RGB", (16, 16), (0, 0, 250))
    data = encoded(one, kind, save_all=True, append_images=[two], **({"lossless": True} if kind == "WEBP" else {}))
    assert first(data) == pytest.approx((250, 0, 0), abs=6)
