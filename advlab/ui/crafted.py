"""The attacker who sees nothing of the model: which others the picture is made on."""

from collections.abc import Mapping, Sequence

import streamlit as st

from advlab.models import Card

# What the attacker sees, beside gradients, scores and labels.
NOTHING = "nothing"
# Models that are chosen at first: each one more is another pass a step.
_USUAL = 2
_ABOUT = "The attacker has these. What fools several of them is more likely to fool one that was never asked."
MISSING = "Choose at least one model that the picture is made on, or let the attacker see something of this one."


def key(model: str, prefix: str = "") -> str:
    """Names the control, which has other models to offer for each."""
    return f"{prefix}sources-{model}"


def _short(names: Sequence[str], cards: Mapping[str, Card]) -> dict[str, str]:
    """What tells them apart: a tag has little room, and all of ours begin as what they are about."""
    parts = {name: cards[name].title.rpartition(" · ") for name in names}
    same = len({about for about, _, _ in parts.values()}) == 1
    return {name: last if same else cards[name].title for name, (_, _, last) in parts.items()}


def others(card: Card, cards: Mapping[str, Card]) -> list[str]:
    """Models of the catalogue that tell the same classes apart in pictures of the same kind."""
    return [name for name, one in cards.items() if name != card.name and fits(one, card)]


def fits(one: Card, card: Card) -> bool:
    """Whether a picture for a card's model can be made on the first; own weights are in no script, so not on these."""
    same = one.labels() == card.labels() and one.input_size[0] == card.input_size[0]
    return same and not one.name.startswith("own:")


def sources(
    card: Card, cards: Mapping[str, Card], prefix: str = "", usual: int = _USUAL, about: str = _ABOUT
) -> tuple[str, ...]:
    """Draw the choice, of which the first `usual` are made; empty where nothing is chosen, or nothing is there."""
    names = others(card, cards)
    if not names:
        st.caption(f"No other model on this computer tells the same classes apart as {card.title}.")
        return ()
    chosen = st.multiselect(
        "Crafted on", names, default=names[:usual], format_func=_short(names, cards).__getitem__,
        key=key(card.name, prefix), persist_state="session", help=about,
    )  # fmt: skip
    return tuple(chosen)
