"""The pictures of a run, side by side, one over the other, step by step: what is dragged never asks the server."""

import base64
from pathlib import Path

import numpy as np
import streamlit as st

from advlab.core.norms import Norm
from advlab.data import pictures
from advlab.serving import strength
from advlab.serving.notes import SMALL, seen
from advlab.serving.outcome import Outcome, Verdict, percent, size
from advlab.ui.pictures import gain

VIEWS = ("swipe", "pair", "change", "blink", "steps", "strength")

_FOLDER = Path(__file__).parent / "components"
_VIEWER = st.components.v2.component(
    "advlab_viewer",
    html=(_FOLDER / "viewer.html").read_text("utf-8"),
    css=(_FOLDER / "viewer.css").read_text("utf-8"),
    js=(_FOLDER / "viewer.js").read_text("utf-8"),
)


def viewer(
    outcome: Outcome,
    name: str,
    *,
    view: str = "swipe",
    views: tuple[str, ...] = VIEWS,
    line: strength.Line | None = None,
    checked: strength.Checked | None = None,
    key: str = "viewer",
    arrivals: int = 0,
    stage: bool = False,
) -> float | None:
    """Draw it; the multiple of the change at which the handle for ε was just let go, if it was.

    Args:
        outcome: a run that changed the picture.
        name: names the run, so that a new one is told from the one that is shown.
        view: the first view.
        views: the ones to choose from.
        line, checked: for the view `strength`, which shows that it is loading without them.
        key: of the component in the page.
        arrivals: a new number makes the viewer turn to `view`, whatever was chosen in it.
        stage: larger words, for a projector.
    """
    if not outcome.film.steps:
        views = tuple(v for v in views if v != "steps")
    data = _pictures(name, outcome) | {"views": list(views), "view": view if view in views else views[0]}
    data |= {"arrivals": arrivals, "stage": stage}
    if view == "change":
        data["spectrum"] = {"source": _spectrum(name, outcome)}
    if view == "steps":
        data["film"] = _film(name, outcome)
    if line is not None:
        data["line"] = _line(outcome, line, checked)
    state = _VIEWER(
        key=key,
        data=data,
        default={"view": view},
        on_view_change=lambda: None,
        on_released_change=lambda: None,
    )
    released: float | None = state.released
    return released


def reported(key: str = "viewer") -> str | None:
    """The view that a visitor has chosen in it, known before it is drawn again."""
    said = st.session_state.get(key) or {}  # nothing before it was drawn
    view: str | None = said.get("view")
    return view


@st.cache_data(max_entries=60, show_spinner=False)
def _pictures(name: str, _outcome: Outcome) -> dict[str, object]:
    before, after = _outcome.before, _outcome.after
    height, width, channels = _outcome.clean.shape
    largest = size(Norm.LINF, _outcome.norms["linf"])
    same = "clean" if after.index == before.index else "adversarial"
    return {
        "id": name,
        "width": width,
        "height": height,
        "small": width < SMALL,
        "colour": channels == 3,
        "clean": _source(_outcome.clean),
        "adversarial": _source(_outcome.adversarial),
        "cleanTag": f"{before.label} {percent(before.confidence)}",
        "adversarialTag": f"{after.label} {percent(after.confidence)}",
        "kind": "target" if _outcome.verdict is Verdict.TARGET_HIT else same,
        "gain": gain(_outcome.clean, _outcome.adversarial),
        "caption": f"{seen(_outcome.clean)}; clean on the left. On the right no value differs by more than {largest}.",
    }


@st.cache_data(max_entries=30, show_spinner=False)
def _film(name: str, _outcome: Outcome) -> dict[str, object]:  # noqa: ARG001 - the cache's key
    film, curve = _outcome.film, _outcome.curve
    differences = film.frames - _outcome.clean  # uint8: wraps at 256, and back again in the browser
    count, height, width, channels = differences.shape
    made: dict[str, object] = {
        "source": _source(differences.reshape(count * height, width, channels)),
        "steps": list(film.steps),
        "total": film.steps[-1],
        "targeted": _outcome.goal is not None,
        "ownLabel": _outcome.goal or _outcome.truth or _outcome.before.label,
    }
    if curve.own:
        made |= {"own": list(curve.own), "rival": list(curve.rival)}
    return made


def _line(outcome: Outcome, line: strength.Line, checked: strength.Checked | None) -> dict[str, object]:
    made: dict[str, object] = {
        "furthest": strength.FURTHEST,
        "labels": list(line.labels),
        "shares": [list(row) for row in line.shares],
        "size": line.size,
        "unit": 255 if outcome.request.norm is Norm.LINF else 1,
        "flip": line.flip,
        "adversarial": outcome.after.label,
        "target": outcome.goal,
    }
    if checked is not None:
        made["checked"] = {
            "multiple": checked.multiple,
            "shares": [float(checked.probabilities[k]) for k in line.indices],
            "exact": f"{checked.opinion.label} {percent(checked.opinion.confidence)}",
            "saved": f"{checked.saved.label} {percent(checked.saved.confidence)}",
        }
    return made


@st.cache_data(max_entries=60, show_spinner=False)
def _spectrum(name: str, _outcome: Outcome) -> str:  # noqa: ARG001 - the cache's key
    """Fourier magnitudes of the change, averaged over channels, on a logarithmic scale, low ones in the middle."""
    change = (_outcome.adversarial.astype(np.float64) - _outcome.clean).mean(axis=2)
    power = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(change))))
    grey = (power / max(power.max(), 1e-9) * 255).astype(np.uint8)
    return _source(grey[..., None])


def _source(pixels: np.ndarray) -> str:
    colour = pixels if pixels.shape[2] == 3 else pixels.repeat(3, axis=2)
    return "data:image/png;base64," + base64.b64encode(pictures.png(colour)).decode()
