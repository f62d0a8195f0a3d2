"""Reading pictures that people bring, and writing the ones they take along."""

import hashlib
import io

import numpy as np
from PIL import Image
from pydantic import ValidationError

from advlab.core.request import AttackRequest
from advlab.data import decoding, foreign, notes
from advlab.data.decoding import FORMATS, MAX_PIXELS
from advlab.errors import InputError

__all__ = ["EXTENSIONS", "FORMATS", "MAX_BYTES", "MAX_PIXELS", "NOTE", "digest", "png", "read", "recognise"]

EXTENSIONS = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif")
NOTE = "advlab"  # names the text chunk with the request, in what is downloaded
MAX_BYTES = 20 * 2**20
_STRIP = 2**20  # pixels that are copied at once


def read(data: bytes, name: str = "This file") -> Image.Image:
    """Decode an uploaded file into an upright 8-bit RGB picture in sRGB without metadata.

    The content decides, whatever the name says. The first picture of several is taken; transparency is
    laid over white; deeper values, other colours and profiles are converted (see `colours.srgb`).

    All pixels are given, 4 bytes each, because a model's preparation starts from them: to shrink a
    picture beforehand would change what the model sees. `uploads` keeps many people's in less memory.

    Raises:
        InputError: it is no picture, broken, or larger than we read; with a sentence for people.
    """
    name = _short(name)
    if not data:
        raise InputError(f"{name} is empty: choose a picture.")
    if len(data) > MAX_BYTES:
        raise InputError(f"{name} is larger than {MAX_BYTES // 2**20} MB: save it smaller and try again.")
    try:
        return decoding.decode(data)
    except decoding.TooManyPixelsError as error:
        size = " × ".join(f"{side:,}" for side in error.args) or "far too many"
        raise InputError(
            f"{name} has {size} pixels; we read up to {MAX_PIXELS // 10**6} million: save it smaller and try again."
        ) from None
    except decoding.TooIntricateError:
        raise InputError(f"{name} is made of too many pieces: save it anew as JPEG or PNG and try again.") from None
    except decoding.UnreadableError:
        raise InputError(_unreadable(data, name)) from None
    except decoding.BrokenError as error:
        raise InputError(f"{name} is damaged or cut off: save or copy it again.") from error


def _unreadable(data: bytes, name: str) -> str:
    kind = foreign.kind(data)
    if kind is not None:
        return f"{name} is {kind}, which we cannot read: save it as JPEG or PNG and try again."
    if foreign.begins_like_ours(data):
        return f"{name} is damaged or cut off: save or copy it again."
    return f"{name} is not a picture that we can read: use JPEG, PNG, WebP, BMP, TIFF or GIF."


def _short(name: str) -> str:
    """A file's name that fits into a sentence."""
    name = " ".join(name.split()) or "This file"
    return name if len(name) <= 60 else f"{name[:40]}…{name[-16:]}"


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
    rows = max(1, _STRIP // picture.width)
    for top in range(0, picture.height, rows):
        state.update(picture.crop((0, top, picture.width, min(top + rows, picture.height))).tobytes())
    return state.hexdigest()[:16]
