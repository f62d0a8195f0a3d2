"""Links to an explanation: a visitor arrives with one, and the address says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.exports import planes, reasons
from advlab.ui import arrival
from advlab.ui.explain.controls import ADVERSARIAL, CLEAN, OTHER, TARGET, Choice
from advlab.ui.state import LabState


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves; start the attack it is of."""
    params = {name: st.query_params[name] for name in st.query_params}
    own = state.explain
    if params == own.address:
        return
    own.address = params
    link = reasons.parse(params)
    if not link.present:
        return
    arrival.follow(state, cards, link.attack)
    box = st.session_state
    for name in ("method", "index", "samples", "baseline", "seed"):
        if name in link.values:
            box[f"e-{name}"] = link.values[name]
    if "layer" in link.values and "model" in box:
        box[f"e-layer-{box['model']}"] = link.values["layer"]
    if link.whose in (CLEAN, ADVERSARIAL, TARGET, OTHER):
        # An answer to a picture that is still to be made is nobody's yet.
        box["e-class"] = link.whose
    box["e-with"] = link.beside if link.beside in cards else None
    own.notice = " ".join(link.problems) or None


def address(choice: Choice) -> dict[str, str]:
    """What a link to the explanations says."""
    attack = choice.outcome.request if choice.outcome is not None else None
    return reasons.query(choice.clean, attack, str(st.session_state.get("e-class", CLEAN)), choice.beside)


def write(state: LabState, choice: Choice) -> None:
    """Let the address say what the controls say; not while the attack of a link is still under way."""
    said = address(choice)
    if said != state.explain.address and state.job is None:
        st.query_params.from_dict(said)
        state.explain.address = said


def share(choice: Choice) -> None:
    """The link to what is shown now."""
    said = address(choice)
    base = str(st.context.url or "").split("?", maxsplit=1)[0] or "/explain"
    st.markdown("**These explanations as a link.** Whoever opens it gets the same; an attack in it is run again.")
    st.code(planes.url(base, said), language=None, wrap_lines=True)
    if said.get("image") == reasons.UPLOAD:
        st.info("Your picture is never in a link: whoever opens it brings their own.", icon=":material/lock:")
