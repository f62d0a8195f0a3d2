"""Links to the page: a visitor arrives with one, and the address says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.exports import races
from advlab.ui import linked
from advlab.ui.blackbox import race, substitute, transfer, views
from advlab.ui.state import LabState
from advlab.ui.work import DEFAULT_MODEL


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves. Nothing is attacked by it."""
    own = state.blackbox
    link = linked.arrived(own, races.parse)
    if link is None:
        return
    linked.follow(state, own, cards, link)
    card = cards.get(str(st.session_state.get("model", DEFAULT_MODEL)))
    if card is None:
        return
    st.session_state[views.KEY] = view = link.values.get("view", views.RACE)
    if view == views.RACE:
        race.put(card, link.attack.values, link.values)
    elif view == views.SUBSTITUTE:
        substitute.put(card, link.values)
    else:
        transfer.put(card, cards, link.values)


def write(state: LabState, said: dict[str, str] | None) -> None:
    """Let the address say what the controls say."""
    linked.write(state, state.blackbox, said)


def share(said: dict[str, str] | None) -> None:
    """The link to what the controls say now."""
    if said is None:
        st.caption("First mend what the controls complain about.")
        return
    linked.share(
        said, "/blackbox", "**This view as a link.** Whoever opens it has the same controls; one click begins."
    )
