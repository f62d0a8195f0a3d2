"""What happens to pictures on their way from one screen to another: each a small function on pixels.

All of them take and give `[H, W, C]` uint8 pixels, C 1 or 3, of the same size, and are deterministic.
The codecs are the real ones. Sizes are those of the model's input, so a blur of 1 pixel is one of the
pixels that the model sees.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image, ImageFilter

_BILINEAR, _BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC
_PIXEL_RATIO = 1.25
# Linear sRGB to linear Display P3, both with the white point D65 (from their primaries, ITU-R BT.709 and
# SMPTE EG 432-1).
_TO_P3 = np.array([[0.8224620, 0.1775380, 0.0], [0.0331942, 0.9668058, 0.0], [0.0170827, 0.0723974, 0.9105199]])
_FROM_P3 = np.linalg.inv(_TO_P3)


@dataclass(frozen=True)
class Treatment:
    """One thing that happens to a picture.

    Attributes:
        name: a short title: "JPEG 75".
        group: what it stands under in a chart: "JPEG".
        words: as it stands in a sentence: "JPEG at quality 75".
        detail: exactly what is done.
        apply: does it.
    """

    name: str
    group: str
    words: str
    detail: str
    apply: Callable[[np.ndarray], np.ndarray]


def _picture(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def _pixels(picture: Image.Image, like: np.ndarray) -> np.ndarray:
    mode = "L" if like.shape[2] == 1 else "RGB"
    return np.array(picture.convert(mode), dtype=np.uint8).reshape(like.shape)


def _eight_bit(values: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def saved(pixels: np.ndarray) -> np.ndarray:
    """Nothing happens: a PNG keeps every value."""
    return pixels


def encoded(pixels: np.ndarray, kind: str, **options: int) -> np.ndarray:
    """Through a file of this kind."""
    file = io.BytesIO()
    _picture(pixels).save(file, kind, **options)
    with Image.open(file, formats=(kind,)) as picture:
        return _pixels(picture, pixels)


def resized(pixels: np.ndarray, factor: float) -> np.ndarray:
    """To `factor` times the size and back, both bicubic and, downwards, antialiased."""
    picture = _picture(pixels)
    width, height = (max(1, round(side * factor)) for side in picture.size)
    return _pixels(picture.resize((width, height), _BICUBIC).resize(picture.size, _BICUBIC), pixels)


def blurred(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian, cut off at 4 sigma, the border repeated."""
    from skimage.filters import gaussian  # noqa: PLC0415 - slow to import

    values = gaussian(pixels.astype(np.float64), sigma, mode="nearest", channel_axis=2)  # type: ignore[no-untyped-call]
    return _eight_bit(values)


def median(pixels: np.ndarray) -> np.ndarray:
    """The median of each 3 × 3 neighbourhood, channel by channel."""
    return _pixels(_picture(pixels).filter(ImageFilter.MedianFilter(3)), pixels)


def screenshot(pixels: np.ndarray) -> np.ndarray:
    """What is left after a picture was shown and captured; simulated.

    A browser draws it at a device pixel ratio of 1.25, bilinear; the screen works in Display P3 with 8
    bits a channel; the capture is brought back to sRGB in 8 bits and to its former size, bicubic, and
    saved as PNG. Values are rounded after each step. A camera pointed at a screen does far more, and is
    not simulated.
    """
    shown = _picture(pixels)
    drawn = shown.resize((round(shown.width * _PIXEL_RATIO), round(shown.height * _PIXEL_RATIO)), _BILINEAR)
    seen = np.array(drawn, dtype=np.uint8)
    if seen.ndim == 3:  # a grey value is the same number in both colour spaces
        seen = _colours(_colours(seen, _TO_P3), _FROM_P3)
    return _pixels(Image.fromarray(seen).resize(shown.size, _BICUBIC), pixels)


def _colours(pixels: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """8-bit colours in another space with the transfer curve of sRGB (IEC 61966-2-1), in 8 bits."""
    encoded = pixels / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ matrix.T, 0, 1)
    return _eight_bit(255 * np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055))


def cropped(pixels: np.ndarray) -> np.ndarray:
    """5 pixels of 224 off each side, in proportion for other sizes, at least one where there are three."""
    picture = _picture(pixels)
    across, down = (min(max(1, round(side * 5 / 224)), (side - 1) // 2) for side in picture.size)
    inner = picture.crop((across, down, picture.width - across, picture.height - down))
    return _pixels(inner.resize(picture.size, _BICUBIC), pixels)


def brighter(pixels: np.ndarray, factor: float) -> np.ndarray:
    """Values times a factor; white stays white."""
    return _eight_bit(pixels * factor)


SAVED = Treatment("As saved (PNG)", "Saved", "a PNG", "Untreated: a PNG keeps every value.", saved)


def _jpeg(quality: int) -> Treatment:
    detail = f"Saved as JPEG at quality {quality}, colours at half resolution, as most programs do."
    words = f"JPEG at quality {quality}"
    return Treatment(f"JPEG {quality}", "JPEG", words, detail, partial(encoded, kind="JPEG", quality=quality))


def _resize(factor: float, name: str, words: str) -> Treatment:
    detail = f"Resized to {factor:.0%} of its size and back, bicubic."
    return Treatment(name, "Resize", words, detail, partial(resized, factor=factor))


def _blur(sigma: float) -> Treatment:
    detail = f"Gaussian blur with a standard deviation of {sigma:g} pixels."
    return Treatment(f"Blur {sigma:g}", "Blur", f"a blur of σ = {sigma:g}", detail, partial(blurred, sigma=sigma))


# In each group from the mildest to the strongest.
TREATMENTS: tuple[Treatment, ...] = (
    *(_jpeg(quality) for quality in (95, 90, 75, 50, 30)),
    Treatment(
        "WebP 80",
        "WebP",
        "WebP at quality 80",
        "Saved as lossy WebP at quality 80.",
        partial(encoded, kind="WEBP", quality=80),
    ),
    _resize(2.0, "Double and back", "resizing to double and back"),
    _resize(0.75, "75% and back", "resizing to 75% and back"),
    _resize(0.5, "Half and back", "resizing to half and back"),
    *(_blur(sigma) for sigma in (0.5, 1.0, 2.0)),
    Treatment("Median 3 × 3", "Blur", "a 3 × 3 median filter", "The median of each 3 × 3 neighbourhood.", median),
    Treatment(
        "Screenshot",
        "Screenshot",
        "a screenshot",
        "Simulated: drawn at a pixel ratio of 1.25 (bilinear) on a Display P3 screen, captured in 8 bits, brought back "
        "to sRGB and to its size (bicubic), saved as PNG. A photo of a screen is not simulated.",
        screenshot,
    ),
    Treatment(
        "Crop the edge",
        "Edit",
        "cropping the edge",
        "5 pixels of 224 cut off each side (in proportion for other sizes), then scaled back, bicubic.",
        cropped,
    ),
    Treatment(
        "Brightness +10%",
        "Edit",
        "10% more brightness",
        "Every value times 1.1, white stays white.",
        partial(brighter, factor=1.1),
    ),
    Treatment(
        "GIF, 256 colours",
        "Edit",
        "a palette of 256 colours",
        "Saved as GIF: the 256 colours that fit best, without dithering.",
        partial(encoded, kind="GIF"),
    ),
)
