"""What can be seen on the page on black-box attacks."""

import streamlit as st

from advlab.serving.exports import races

RACE, SUBSTITUTE, TRANSFER = races.VIEWS
_TITLES = {RACE: "Race", SUBSTITUTE: "Copy of the model", TRANSFER: "Transfer"}
KEY = "b-view"


def choose() -> str:
    """Which view."""
    return st.segmented_control(
        "View", list(_TITLES), default=RACE, required=True, format_func=_TITLES.__getitem__, key=KEY,
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
