"""Pictures with a map over each, whose strength is set in the browser."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from torch import Tensor

from advlab.data import pictures
from advlab.serving.figures import heat
from advlab.serving.notes import SMALL

_FOLDER = Path(__file__).parents[1] / "components"
_OVERLAY = st.components.v2.component(
    "advlab_overlay",
    html=(_FOLDER / "overlay.html").read_text("utf-8"),
    css=(_FOLDER / "overlay.css").read_text("utf-8"),
    js=(_FOLDER / "overlay.js").read_text("utf-8"),
)
_STRENGTH = 65


@dataclass(frozen=True)
class Panel:
    """A picture with its map.

    Attributes:
        name: names what is seen, so that another one is told from it.
        pixels: `[H, W, C]` uint8.
        where: the map `[H, W]`.
        scale: what counts as full.
        tag, kind: words on the picture, and whose colour they have.
        title, note: below it.
        alt: for those who do not see it.
    """

    name: str
    pixels: np.ndarray
    where: Tensor
    scale: float
    tag: str
    kind: str
    title: str
    note: str
    alt: str


def overlay(panels: Sequence[Panel], *, signed: bool, key: str) -> None:
    """Draw them side by side; they stack where there is no room."""
    data = {
        "id": " ".join(f"{one.name} {one.scale:.6g} {one.tag} {one.title} {one.note}" for one in panels),
        "strength": _STRENGTH,
        "gradient": heat.legend(signed=signed),
        "low": "against" if signed else "nothing",
        "high": "for the class" if signed else "the most",
        "panels": [_panel(one, signed=signed) for one in panels],
    }
    _OVERLAY(key=key, data=data)


def _panel(one: Panel, *, signed: bool) -> dict[str, object]:
    return {
        "base": _source(one.pixels if one.pixels.shape[2] == 3 else one.pixels.repeat(3, axis=2)),
        "heat": _source(heat.picture(one.where, one.scale, signed=signed)),
        "small": one.pixels.shape[1] < SMALL,
        "tag": one.tag,
        "kind": one.kind,
        "title": one.title,
        "note": one.note,
        "alt": one.alt,
    }


def _source(pixels: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(pictures.png(pixels)).decode()
