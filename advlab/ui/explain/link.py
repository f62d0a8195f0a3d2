"""Links to an explanation: a visitor arrives with one, and the address says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.exports import reasons
from advlab.ui import linked
from advlab.ui.explain.controls import ADVERSARIAL, CLEAN, OTHER, TARGET, Choice
from advlab.ui.state import LabState


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves; start the attack it is of."""
    link = linked.arrived(state.explain, reasons.parse)
    if link is None:
        return
    linked.follow(state, state.explain, cards, link, "e-with")
    box = st.session_state
    for name in ("method", "index", "samples", "baseline", "seed"):
        if name in link.values:
            box[f"e-{name}"] = link.values[name]
    if "layer" in link.values and "model" in box:
        box[f"e-layer-{box['model']}"] = link.values["layer"]
    if link.word in (CLEAN, ADVERSARIAL, TARGET, OTHER):
        # An answer to a picture that is still to be made is nobody's yet.
        box["e-class"] = link.word


def address(choice: Choice) -> dict[str, str]:
    """What a link to the explanations says."""
    attack = choice.outcome.request if choice.outcome is not None else None
    return reasons.query(choice.clean, attack, str(st.session_state.get("e-class", CLEAN)), choice.beside)


def write(state: LabState, choice: Choice) -> None:
    """Let the address say what the controls say."""
    linked.write(state, state.explain, address(choice))


def share(choice: Choice) -> None:
    """The link to what is shown now."""
    sentence = "**These explanations as a link.** Whoever opens it gets the same; an attack in it is run again."
    linked.share(address(choice), "/explain", sentence)
