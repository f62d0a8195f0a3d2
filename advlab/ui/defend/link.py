"""Links to a table of defenses: a visitor arrives with one, and the address says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab import attacks
from advlab.core.norms import Norm
from advlab.models import Card
from advlab.serving.exports import shields
from advlab.ui import linked, radius
from advlab.ui.defend import views
from advlab.ui.defend.controls import Choice
from advlab.ui.state import LabState
from advlab.ui.work import DEFAULT_MODEL


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves. Nothing is attacked by it."""
    link = linked.arrived(state.defend, shields.parse)
    if link is None:
        return
    linked.follow(state, state.defend, cards, link)
    box, values = st.session_state, link.values
    norm = Norm(str(values.get("norm", Norm.LINF)))
    box["d-norm"] = norm
    card = cards.get(str(box.get("model", DEFAULT_MODEL)))
    eps = values.get("eps")
    if isinstance(eps, float) and card is not None:
        key = f"d-{radius.key(norm, attacks.available()['pgd'], card)}"
        box[key] = round(eps * 255, 6) if norm is Norm.LINF else eps
    for name in ("steps", "seed"):
        if name in values:
            box[f"d-{name}"] = values[name]
    networks = values.get("networks")
    if isinstance(networks, tuple) and card is not None:
        box[f"d-networks-{card.name}"] = [name for name in networks if name in cards]
    box["d-override"] = values.get("override")
    box[views.KEY] = values.get("view", views.ONE)
    chosen = values.get("defenses")
    if isinstance(chosen, dict):
        box["d-defenses"] = list(chosen)
        for name, parameters in chosen.items():
            for field, value in parameters.items():
                box[f"d-{name}.{field}"] = value


def write(state: LabState, choice: Choice, view: str) -> None:
    """Let the address say what the controls say."""
    linked.write(state, state.defend, None if choice.request is None else shields.query(choice.request, view))


def share(choice: Choice, view: str) -> None:
    """The link to what is compared now."""
    if choice.request is None:
        st.caption(
            "No link of this view." if choice.problem is None else "First mend what the controls complain about."
        )
        return
    sentence = "**This comparison as a link.** Whoever opens it has the same controls; one click attacks them all."
    linked.share(shields.query(choice.request, view), "/defend", sentence)
