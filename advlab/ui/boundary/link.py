"""Links to a slice: a visitor arrives with one, and the address says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.exports import planes
from advlab.serving.geometry.request import Axis
from advlab.ui import linked
from advlab.ui.boundary import axis
from advlab.ui.boundary.controls import Choice
from advlab.ui.boundary.show import VIEWS
from advlab.ui.state import LabState


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves; start the attack it is of."""
    own = state.boundary
    link = linked.arrived(own, planes.parse)
    if link is None:
        return
    own.linked = link.attack.run  # by the attack that it starts
    linked.follow(state, own, cards, link, "p-with")
    box = st.session_state
    for name in ("across", "up"):
        wanted = link.values.get(name)
        if isinstance(wanted, Axis):
            _put_axis(name, wanted)
    if "norm" in link.values:
        box["p-norm"] = link.values["norm"]
    box["p-clip"] = link.values.get("clip", True)
    if "seed" in link.values:
        box["p-seed"] = link.values["seed"]
    if link.word in VIEWS:
        box["p-view"] = link.word
    own.wanted = {name: link.values[name] for name in ("reach", "eps", "resolution") if name in link.values}


def _put_axis(name: str, wanted: Axis) -> None:
    box = st.session_state
    box[f"p-{name}"] = wanted.direction.value
    if wanted.of.isdecimal():
        box[f"p-{name}-class"] = int(wanted.of)
    elif wanted.of:
        box[f"p-{name}-picture"] = wanted.of


def address(choice: Choice) -> dict[str, str] | None:
    """What a link to the slice says; None while the controls say nothing possible."""
    if choice.request is None:
        return None
    runs = [axis.run_of(one, choice.materials.runs) for one in choice.request.axes]
    attack = next((run.request for run in runs if run is not None), None)
    return planes.query(choice.request, attack, str(st.session_state.get("p-view", "class")), choice.beside)


def write(state: LabState, choice: Choice) -> None:
    """Let the address say what the controls say."""
    if not choice.needs_run:
        linked.write(state, state.boundary, address(choice))


def share(choice: Choice) -> None:
    """The link to what is shown now."""
    said = address(choice)
    if said is None:
        st.caption("First mend what the controls complain about.")
        return
    sentence = "**This slice as a link.** Whoever opens it gets the same plane; an attack in it is run again."
    linked.share(said, "/boundary", sentence)
