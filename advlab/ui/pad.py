"""A paper to draw one's own digit on, for networks that read digits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from advlab.data.drawings.handwriting import DIGITS
from advlab.data.drawings.ink import inked
from advlab.models import Card
from advlab.serving.outcome import Look, percent
from advlab.ui.state import LabState

KEY = "pad"
SHOWS = tuple(DIGITS)
_WIDTH = 290
# More than a hand draws; a page could send anything.
_MOST_STROKES, _MOST_POINTS = 60, 5000
_FOLDER = Path(__file__).parent / "components"
_PAD = st.components.v2.component(
    "advlab_pad",
    html=(_FOLDER / "pad.html").read_text("utf-8"),
    css=(_FOLDER / "pad.css").read_text("utf-8"),
    js=(_FOLDER / "pad.js").read_text("utf-8"),
)


def reads_digits(card: Card) -> bool:
    """Whether a model takes grey pictures of the ten digits."""
    return card.input_size[0] == 1 and set(SHOWS) <= set(card.labels())


def pad(state: LabState, look: Look | None, drawn: Callable[[Image.Image], None]) -> None:
    """The paper, and what the model says; `drawn` is called with the picture after each stroke.

    A callback, because what a component returns is lost when a run is cut off before it comes to it.
    """

    def changed() -> None:
        said = st.session_state.get(KEY) or {}
        strokes = points(said.get("drawn"))
        if strokes is None:
            return
        state.drawing = [stroke.tolist() for stroke in strokes]
        if strokes:
            drawn(inked(strokes))

    with st.container(width=_WIDTH):
        _PAD(key=KEY, data={"strokes": state.drawing}, on_drawn_change=changed)
        if state.drawing and look is not None and state.picture.shows == SHOWS and state.picture.private:
            answer = look.opinion
            st.markdown(f"The model reads **{answer.label}** ({percent(answer.confidence)}).")
        st.caption("Draw one digit. It is scaled into 20 × 20 pixels and centred by its mass, as MNIST's digits are.")


def points(sent: object) -> list[np.ndarray] | None:
    """The strokes `[N, 2]` that a browser sent, in parts of the paper; None where they are none that a hand drew."""
    if not isinstance(sent, list) or len(sent) > _MOST_STROKES:
        return None
    if not all(isinstance(stroke, list) and stroke for stroke in sent) or sum(map(len, sent)) > _MOST_POINTS:
        return None
    try:
        strokes = [np.array(stroke, dtype=np.float64) for stroke in sent]
    except (TypeError, ValueError):
        return None
    good = all(s.ndim == 2 and s.shape[1] == 2 and bool(np.isfinite(s).all()) for s in strokes)
    return [np.clip(stroke, 0, 1) for stroke in strokes] if good else None
