"""Links to what the page shows: a visitor arrives with one, and the address says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.exports import shields
from advlab.serving.exports.shields import Linked
from advlab.ui import linked
from advlab.ui.defend import controls, envelope, threats, views
from advlab.ui.state import LabState
from advlab.ui.work import DEFAULT_MODEL


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves. Nothing is attacked by it."""
    link = linked.arrived(state.defend, shields.parse)
    if link is None:
        return
    linked.follow(state, state.defend, cards, link)
    box, values = st.session_state, link.values
    card = cards.get(str(box.get("model", DEFAULT_MODEL)))
    if card is None:
        return
    networks = values.get("networks")
    if isinstance(networks, tuple):
        box[f"d-networks-{card.name}"] = [name for name in networks if name in cards]
    box[views.KEY] = view = values.get("view", views.ONE)
    {views.CERTIFICATE: envelope.put, views.THREATS: threats.put}.get(str(view), controls.put)(card, values)


def write(state: LabState, card: Card, asked: Linked | None, view: str) -> None:
    """Let the address say what the controls say."""
    linked.write(state, state.defend, None if asked is None else _query(state, card, asked, view))


def share(state: LabState, card: Card, asked: Linked | None, view: str) -> None:
    """The link to what the controls say now."""
    if asked is None:
        st.caption("First mend what the controls complain about.")
        return
    sentence = "**This view as a link.** Whoever opens it has the same controls; one click begins."
    linked.share(_query(state, card, asked, view), "/defend", sentence)


def _query(state: LabState, card: Card, asked: Linked, view: str) -> dict[str, str]:
    """The picture is the chosen one, also where a set is counted on."""
    return shields.query(asked.model_copy(update={"picture": state.picture.named(card)}), view)
