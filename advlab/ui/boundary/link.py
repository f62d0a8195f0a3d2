"""Links to a slice: a visitor arrives with one, and the address says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.exports import planes
from advlab.serving.geometry.request import Axis
from advlab.ui import arrival
from advlab.ui.boundary import axis
from advlab.ui.boundary.controls import Choice
from advlab.ui.boundary.show import VIEWS
from advlab.ui.state import LabState


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves; start the attack it is of."""
    params = {name: st.query_params[name] for name in st.query_params}
    own = state.boundary
    if params == own.address:
        return
    own.address = params
    link = planes.parse(params)
    if not link.present:
        return
    own.linked = link.attack.run  # by the attack that it starts
    arrival.follow(state, cards, link.attack)
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
    box["p-with"] = link.beside if link.beside in cards else None
    if link.view in VIEWS:
        box["p-view"] = link.view
    own.wanted = {name: link.values[name] for name in ("reach", "eps", "resolution") if name in link.values}
    own.notice = " ".join(link.problems) or None


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
    said = address(choice)
    if said is not None and said != state.boundary.address and not choice.needs_run and state.job is None:
        st.query_params.from_dict(said)
        state.boundary.address = said


def share(choice: Choice) -> None:
    """The link to what is shown now."""
    said = address(choice)
    if said is None:
        st.caption("First mend what the controls complain about.")
        return
    base = str(st.context.url or "").split("?", maxsplit=1)[0] or "/boundary"
    st.markdown("**This slice as a link.** Whoever opens it gets the same plane; an attack in it is run again.")
    st.code(planes.url(base, said), language=None, wrap_lines=True)
    if said.get("image") == planes.UPLOAD:
        st.info("Your picture is never in a link: whoever opens it brings their own.", icon=":material/lock:")
