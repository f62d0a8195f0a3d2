"""Pictures on a page: always as PNG, because a JPEG would change what is being shown."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st
from PIL import Image

from advlab.data import pictures
from advlab.serving.notes import SMALL


@dataclass(frozen=True)
class Figure:
    """A picture with what is said about it."""

    pixels: np.ndarray  # [H, W, C] uint8
    tag: str
    kind: str  # clean, adversarial or neutral: the colour of the tag
    caption: str
    alt: str


def figures(items: Sequence[Figure]) -> None:
    """Pictures side by side; they stack where there is no room."""
    one = " one" if len(items) == 1 else ""
    st.html(f'<div class="pictures{one}">{markup(items)}</div>')


def markup(items: Sequence[Figure]) -> str:
    """The same as HTML, for what is made once and shown often."""
    return "".join(map(_figure, items))


def change(clean: np.ndarray, adversarial: np.ndarray) -> tuple[np.ndarray, int]:
    """What was changed as a picture, grey where nothing was, and how many times it is enlarged."""
    difference, times = adversarial.astype(np.int16) - clean, gain(clean, adversarial)
    return np.clip(127.5 + times * difference, 0, 255).astype(np.uint8), times


def gain(clean: np.ndarray, adversarial: np.ndarray) -> int:
    """How many times to enlarge a change so that it fills half the range: a power of two, at most 50."""
    largest = max(1, int(np.abs(adversarial.astype(np.int16) - clean).max()))
    return int(min(50, 2 ** max(0, int(np.log2(64 / largest)))))


def _figure(item: Figure) -> str:
    source = base64.b64encode(encode(item.pixels)).decode()
    small = ' class="small"' if item.pixels.shape[1] < SMALL else ""
    return (
        f'<figure><div class="frame"><img{small} src="data:image/png;base64,{source}" alt="{escape(item.alt)}">'
        f'<span class="tag {item.kind}">{escape(item.tag)}</span></div>'
        f"<figcaption>{escape(item.caption)}</figcaption></figure>"
    )


def thumbnail(pixels: np.ndarray, side: int) -> str:
    """A picture as an address that holds all of it, made smaller where it is larger than `side` pixels."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    image.thumbnail((side, side))
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def encode(pixels: np.ndarray, about: dict[str, str] | None = None) -> bytes:
    """PNG bytes of `[H, W, C]` pixels, grey or RGB."""
    return pictures.png(pixels, about=about)
