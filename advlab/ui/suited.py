"""Pictures that suit the model: those that show what it knows come by themselves, others say that they do not."""

from collections.abc import Mapping

import streamlit as st

from advlab.data.samples import suiting
from advlab.models import Card
from advlab.ui import run
from advlab.ui.state import LabState, Picture
from advlab.ui.work import DEFAULT_MODEL

# With fewer classes than this, most pictures that people bring show none of them.
_FEW = 100


def settle(state: LabState, cards: Mapping[str, Card]) -> None:
    """A model that knows other things gets a picture of those. After the address is read, before controls are drawn.

    What was asked for together stays together: a link that names a picture gets that one.
    """
    card = cards.get(str(st.session_state.get("model", DEFAULT_MODEL)))
    if card is None or card.labels() == state.labels:
        return
    changed, state.labels = state.labels is not None, card.labels()
    if changed:  # the numbers of classes mean something else now
        st.session_state["truth"] = None
        st.session_state.pop("target", None)
    if state.picture.fits(state.labels) or (state.linked == state.picture.ref and not changed):
        return
    run.leave(state)
    first = suiting(state.labels)[0]
    state.picture, state.outcome, state.beside = state.offered[f"sample:{first.name}"], None, None


def offered(state: LabState, card: Card) -> list[Picture]:
    """What the strip shows for a model: the samples that it knows, or photos if there are none; and the chosen one."""
    labels = card.labels()
    place = {f"sample:{one.name}": place for place, one in enumerate(suiting(labels))}
    shown = [
        picture
        for ref, picture in state.offered.items()
        if ref in place or ref == state.picture.ref or (picture.private and picture.fits(labels))
    ]
    return sorted(shown, key=lambda one: place.get(one.ref, len(place) if one.private else -1))


def remark(picture: Picture, card: Card) -> str:
    """What to say where the right answer cannot be among the model's classes, or need not be."""
    count = len(card.labels())
    if not picture.fits(card.labels()):
        return f"It shows none of the {count:,} classes that this model knows, so no answer is right."
    if picture.private and not picture.shows and count < _FEW:
        return f"Whatever it shows, the answer is one of this model's {count} classes."
    return ""
