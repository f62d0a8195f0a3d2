"""From whatever a file holds to upright 8-bit sRGB: depth, colour profiles, palettes, transparency."""

import io

import numpy as np
from PIL import Image, ImageCms, ImageFile

_STRIP = 2**20  # pixels that are converted at once, so that wide numbers do not fill the memory
_LARGEST_PROFILE = 4 * 2**20  # bytes; those of printers have two or three million
_SPACES = {"RGB": "RGB", "CMYK": "CMYK", "L": "GRAY"}
_SRGB = ImageCms.createProfile("sRGB")
# How many levels a profile may move a colour and still count as sRGB, of which there are many spellings.
_SAME = 2


def srgb(picture: Image.Image) -> Image.Image:
    """The picture in 8-bit RGB without metadata.

    - 16 and 32 bits, integer or floating-point, are scaled to 8 (see `_eight_bit`). 16-bit colour comes
      from Pillow with the upper 8 bits of each value.
    - An embedded colour profile is converted to sRGB; one that is broken, of another colour model, or
      sRGB itself is left out, so that the values of usual pictures stay exactly as they are in the file.
    - Transparency is laid over white.
    """
    profile = picture.info.get("icc_profile")
    picture = _opaque(_converted(_plain(picture), profile))
    picture.info = {}
    return picture


def _plain(picture: Image.Image) -> Image.Image:
    """In one of the modes L, LA, RGB, RGBA, CMYK."""
    mode = picture.mode
    if mode.startswith("I") or mode == "F":
        return _eight_bit(picture)
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return _known(ImageCms.profileToProfile(picture, lab, _SRGB, outputMode="RGB"))
    if "transparency" in picture.info or mode in ("PA", "RGBa"):
        return picture.convert("RGBA")
    if mode == "La":
        return picture.convert("LA")
    if mode == "1":
        return picture.convert("L")
    return picture if mode in ("L", "LA", "RGB", "RGBA", "CMYK") else picture.convert("RGB")


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Grey values of 16 or 32 bits in 8.

    What is white depends on what the numbers can be: 65535 in 16 bits; in 32 bits 255 or 65535 if no
    number is larger, else the largest of them; for floating-point numbers up to 2 it is 1, so that
    highlights beyond it are cut. What is no number is black. A value that stands for transparent is white.
    """
    values = np.asarray(picture)
    top = 65535.0 if picture.mode.startswith("I;16") else _white(values)
    see_through = picture.info.get("transparency")
    grey = np.empty(values.shape, np.uint8)
    rows = max(1, _STRIP // max(1, values.shape[1]))
    for begin in range(0, len(values), rows):
        part = values[begin : begin + rows].astype(np.float64)
        scaled = np.clip(np.nan_to_num(part / top, nan=0.0, posinf=1.0, neginf=0.0), 0, 1) * 255
        grey[begin : begin + rows] = scaled.round()
        if isinstance(see_through, int):
            grey[begin : begin + rows][part == see_through] = 255
    return Image.fromarray(grey)


def _white(values: np.ndarray) -> float:
    if values.dtype.kind != "f":
        largest = float(values.max(initial=0))
        return next((white for white in (255.0, 65535.0) if largest <= white), largest)
    largest = float(values.max(initial=0, where=np.isfinite(values)))
    if largest <= 2:
        return 1.0
    return next((white for white in (255.0, 65535.0) if largest <= white), largest)


def _converted(picture: Image.Image, data: object) -> Image.Image:
    """From the colours of an embedded profile to those of sRGB."""
    if not isinstance(data, bytes) or not 128 <= len(data) <= _LARGEST_PROFILE:
        return picture
    colours = picture.mode.removesuffix("A")
    out = "RGBA" if picture.mode.endswith("A") else "RGB"
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        if profile.profile.xcolor_space.strip() != _SPACES.get(colours):
            return picture
        if picture.mode == "LA":
            return _with_alpha(_converted(picture.getchannel("L"), data), picture.getchannel("A"))
        transform = ImageCms.buildTransform(profile, _SRGB, picture.mode, out)
        if colours != "CMYK" and _changes_nothing(transform, picture.mode):
            return picture
        return _known(ImageCms.applyTransform(picture, transform))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether colours all over the cube stay as they are, within what rounding in the profile does."""
    levels = np.linspace(0, 255, 17).astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(17, -1, 3)
    probe = Image.fromarray(cube).convert(mode)
    after = np.asarray(_known(ImageCms.applyTransform(probe, transform)).convert("RGB"))
    return int(np.abs(np.asarray(probe.convert("RGB")).astype(np.int16) - after).max()) <= _SAME


def _known(picture: Image.Image | None) -> Image.Image:
    """What a conversion that is not in place has made."""
    if picture is None:
        raise TypeError("A conversion of colours gave no picture.")
    return picture


def _with_alpha(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    picture = picture.convert("RGB")
    picture.putalpha(alpha)
    return picture


def _opaque(picture: Image.Image) -> Image.Image:
    """In RGB, laid over white."""
    if not picture.mode.endswith("A"):
        ours = picture.mode == "RGB" and not isinstance(picture, ImageFile.ImageFile)
        return picture if ours else picture.convert("RGB")
    layered = picture.convert("RGBA") if picture.mode == "LA" else picture
    sheet = Image.new("RGB", layered.size, "white")
    sheet.paste(layered, mask=layered)
    return sheet
