"""What can be seen on the page on defenses."""

import streamlit as st

from advlab.serving.exports import shields

ONE, SET, MASKING, CERTIFICATE, THREATS = shields.VIEWS
_TITLES = {
    ONE: "One picture",
    SET: "A set",
    MASKING: "Masking",
    CERTIFICATE: "Certificate",
    THREATS: "Other threats",
}
KEY = "d-view"


def choose() -> str:
    """Which view."""
    return st.segmented_control(
        "View", list(_TITLES), default=ONE, required=True, format_func=_TITLES.__getitem__, key=KEY,
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
