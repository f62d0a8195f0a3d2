"""Links to comparisons: a visitor arrives with one, and the address says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab.core.norms import Norm
from advlab.models import Card
from advlab.serving.exports import lineups
from advlab.ui import crafted, linked
from advlab.ui.compare import chooser, controls, subjects
from advlab.ui.compare.controls import Choice
from advlab.ui.compare.state import ComparisonState
from advlab.ui.state import LabState
from advlab.ui.work import DEFAULT_MODEL


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves. Nothing is attacked by it."""
    own = state.comparison
    link = linked.arrived(own, lineups.parse)
    if link is None:
        return
    linked.follow(state, own, cards, link)
    terms, found = link.attack.values, link.values.get("attacks")
    chosen = found if isinstance(found, dict) else {}
    subjects.put(link.values.get("several") is True)
    norm = Norm(str(terms.get("norm", st.session_state.get("c-norm", Norm.LINF))))
    st.session_state["c-norm"] = norm
    card = cards.get(str(st.session_state.get("model", DEFAULT_MODEL)))
    eps = terms.get("eps")
    if isinstance(eps, float) and card is not None:
        controls.put_eps(card, norm, eps)
    controls.put(terms, chosen)
    if card is not None:
        st.session_state[crafted.key(card.name, controls.PREFIX)] = list(_sources(own, terms, card, cards))
    if chosen:
        here, others = controls.fitting(norm, list(chosen))
        chooser.put(norm, here)
        if others:
            said = f"{' and '.join(others)} cannot work in {norm.symbol}: left out."
            own.notice = f"{own.notice} {said}" if own.notice else said


def _sources(
    own: ComparisonState, terms: Mapping[str, object], card: Card, cards: Mapping[str, Card]
) -> tuple[str, ...]:
    """The models that pictures are made on: all that the link names or, where one does not do, none."""
    names = terms.get("sources")
    if not isinstance(names, tuple):
        return ()
    for name in names:
        if name not in cards or name == card.name or not crafted.fits(cards[name], card):
            said = f"A picture for {card.title} cannot be made on {name} here: every attack works on {card.title}."
            own.notice = f"{own.notice} {said}" if own.notice else said
            return ()
    return names


def write(state: LabState, choice: Choice) -> None:
    """Let the address say what the controls say."""
    linked.write(state, state.comparison, None if choice.request is None else lineups.query(choice.request))


def share(choice: Choice) -> None:
    """The link to what is compared now."""
    if choice.request is None:
        st.caption("First mend what the controls complain about.")
        return
    sentence = "**This comparison as a link.** Whoever opens it has the same controls; one click attacks."
    linked.share(lineups.query(choice.request), "/compare", sentence)
