"""A second model that sees the same pictures: its robust twin first."""

from collections.abc import Mapping

import streamlit as st

from advlab import models
from advlab.models import Card


def choose(card: Card, cards: Mapping[str, Card], key: str, label: str) -> str | None:
    """One that tells the same classes apart in pictures of the same size; None for none."""
    others = [
        name
        for name, other in cards.items()
        if name != card.name and other.input_size == card.input_size and other.labels() == card.labels()
    ]
    if not others:
        return None
    box, twin = st.session_state, models.twin(card)
    if box.get(key) not in [None, *others]:
        box[key] = None
    others.sort(key=lambda name: twin is None or name != twin.name)
    return st.selectbox(
        label, others, index=None, format_func=lambda name: cards[name].title, placeholder="no second model", key=key,
        persist_state="session",
        help="A second model, asked about the same pictures: a network that was trained to resist, for example.",
    )  # fmt: skip
