"""Which pictures attacks are compared on: the one that is chosen, or several that the model knows."""

from collections.abc import Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.compare import subjects
from advlab.ui.state import LabState, Picture

_KEY = "c-pictures"
_ONE, _ALL = "one", "all"


def choose(card: Card) -> bool:
    """Draw the choice; whether it is several."""
    labels = {_ONE: "This one", _ALL: f"{len(subjects.samples(card.labels()))} samples"}
    chosen = st.segmented_control(
        "Pictures", list(labels), default=_ONE, required=True, format_func=labels.__getitem__, key=_KEY,
        persist_state="session", width="stretch",
        help=f"One picture; or samples of what this model knows, at most {subjects.MOST}: each attack takes "
        "all of them at once. There, the model’s own answer to each picture is what the attack has to change.",
    )  # fmt: skip
    return chosen == _ALL


def put(several: bool) -> None:  # noqa: FBT001 - a widget's value
    """Set the choice, before it is drawn."""
    st.session_state[_KEY] = _ALL if several else _ONE


def pictures(state: LabState, card: Card, *, several: bool) -> Mapping[str, Picture]:
    """The pictures by what requests call them; never empty."""
    if not several:
        return {state.picture.named(card): state.picture}
    found = (state.offered[f"sample:{one.name}"] for one in subjects.samples(card.labels()))
    return {picture.named(card): picture for picture in found}
