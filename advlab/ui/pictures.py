"""Pictures on a page: always as PNG, because a JPEG would change what is being shown."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

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
    st.html(f'<div class="pictures{one}">{"".join(map(_figure, items))}</div>')


def _figure(item: Figure) -> str:
    source = base64.b64encode(encode(item.pixels)).decode()
    small = ' class="small"' if item.pixels.shape[1] < SMALL else ""
    return (
        f'<figure><div class="frame"><img{small} src="data:image/png;base64,{source}" alt="{escape(item.alt)}">'
        f'<span class="tag {item.kind}">{escape(item.tag)}</span></div>'
        f"<figcaption>{escape(item.caption)}</figcaption></figure>"
    )


def encode(pixels: np.ndarray, about: dict[str, str] | None = None) -> bytes:
    """PNG bytes of `[H, W, C]` pixels, grey or RGB."""
    return pictures.png(pixels, about=about)
