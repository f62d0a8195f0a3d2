"""Reading pictures that people bring, and writing the ones they take along."""

import hashlib
import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import ValidationError

from advlab.core.request import AttackRequest
from advlab.data import notes
from advlab.errors import InputError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
EXTENSIONS = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif")
NOTE = "advlab"  # names the text chunk with the request, in what is downloaded
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000


def read(data: bytes, name: str = "This file") -> Image.Image:
    """Decode an uploaded file into an upright 8-bit RGB picture without metadata.

    Transparency is laid over white, the first frame of an animation is taken, 16 bits are scaled to 8.

    Raises:
        InputError: it is no picture, broken, or larger than we read; with a sentence for people.
    """
    if not data:
        raise InputError(f"{name} is empty: choose a picture.")
    if len(data) > MAX_BYTES:
        raise InputError(f"{name} is larger than {MAX_BYTES // 2**20} MB: save it smaller and try again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata; the pixels decide
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise InputError(
                        f"{name} has {picture.width} × {picture.height} pixels; "
                        f"we read up to {MAX_PIXELS // 10**6} million: save it smaller and try again."
                    )
                picture.load()
                return _rgb(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError:
        raise InputError(f"{name} is not a picture that we can read: use JPEG, PNG, WebP, BMP, TIFF or GIF.") from None
    except Image.DecompressionBombError:
        raise InputError(f"{name} has too many pixels: save it smaller and try again.") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, MemoryError) as error:
        raise InputError(f"{name} is damaged or cut off: save or copy it again.") from error


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits, or 32 used for 16
        values = np.asarray(picture, dtype=np.float64)
        top = 255.0 if values.max(initial=0) <= 255 else 65535.0
        picture = Image.fromarray(np.clip(values / top * 255, 0, 255).round().astype(np.uint8))
    if "A" in picture.getbands() or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        picture = Image.alpha_composite(white, layered)
    clean = picture.convert("RGB")
    clean.info = {}
    return clean


def png(pixels: np.ndarray, *, about: dict[str, str] | None = None) -> bytes:
    """A lossless PNG of `[H, W, C]` uint8 pixels, C 1 or 3, with notes in its text chunks."""
    file = io.BytesIO()
    grey = pixels.ndim == 3 and pixels.shape[2] == 1
    Image.fromarray(pixels[..., 0] if grey else pixels).save(file, "PNG", pnginfo=notes.written(about or {}))
    return file.getvalue()


def recognise(data: bytes) -> AttackRequest | None:
    """The request of the run that an uploaded file came from, if it is a PNG that we wrote.

    Anybody can write such a note, so it proves nothing: use it to take the picture pixel by pixel
    (`Classifier.as_is`) and to offer the same controls, and judge the pixels anew. Names in it (model,
    attack, parameters) may be unknown here.

    Returns:
        The request in the PNG's text chunk "advlab"; None where there is none, or it is malformed.
    """
    text = notes.note(data, NOTE)
    if text is None:
        return None
    try:
        return AttackRequest.model_validate_json(text)
    except ValidationError:
        return None


def digest(picture: Image.Image) -> str:
    """Names a picture by its size and pixels."""
    state = hashlib.sha256(f"{picture.size}{picture.mode}".encode())
    state.update(picture.tobytes())
    return state.hexdigest()[:16]
