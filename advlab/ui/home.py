"""What Home shows: a sentence, an example that is there at once, and three ways in."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from advlab.data.samples import sample
from advlab.serving import example
from advlab.serving.exports import links
from advlab.ui import report, viewer, work


def hero() -> None:
    """What this is, in a sentence."""
    st.html(
        '<div class="hero"><h1>See a classifier change its mind</h1><p>A change too small to notice makes a network '
        "mistake one thing for another. Bring a photo, choose a model and an attack, and watch. Everything runs on "
        "this computer, without the internet.</p></div>"
    )


def striking() -> None:
    """A real run, recorded and repeated by a test; nobody waits for it."""
    outcome = example.load()
    view = viewer.reported("home-viewer") or "swipe"
    viewer.viewer(outcome, work.name(outcome), view=view, views=("swipe", "pair", "change", "blink"), key="home-viewer")
    st.caption(f"Recorded with EfficientNet-Lite0 and PGD. Photo: {sample('coffee').credit}.")


def said() -> None:
    """What the example shows, and how to run it."""
    report.verdict(example.load())
    with st.container(key="run-it"):
        st.page_link(
            "pages/lab.py",
            label="Run it yourself",
            icon=":material/bolt:",
            query_params=links.query(example.REQUEST),
            width="content",
        )


def ways_in() -> None:
    """For teachers, engineers, and people who show it to others."""
    with _way("Teach", "Drag ε, blink, play the attack step by step. A link carries every setting to the whole class."):
        st.page_link(
            "pages/lab.py",
            label="Open the Attack Lab",
            icon=":material/school:",
            query_params=links.query(example.REQUEST, extra={"view": "strength"}),
        )
    with _way(
        "Measure",
        "Your own photos and weights, exact budgets and seeds; the tensors, and a script that repeats them to the bit.",
    ):
        st.page_link("pages/models.py", label="Choose or bring a model", icon=":material/deployed_code:")
    with _way("Show", "One pair of pictures, one sentence, three numbers: readable from the last row."):
        st.page_link(
            "pages/lab.py",
            label="Open Present mode",
            icon=":material/present_to_all:",
            query_params=links.query(example.REQUEST, extra={"view": "present"}),
        )


def _way(name: str, sentence: str) -> DeltaGenerator:
    box = st.container(border=True, gap="xsmall")
    box.markdown(f"**{name}.** {sentence}")
    return box
