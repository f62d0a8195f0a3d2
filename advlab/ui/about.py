"""What there is to read about an attack, next to where it is chosen."""

import streamlit as st

from advlab.core import reference
from advlab.core.attack import Attack


def panel(kind: type[Attack]) -> None:
    """A button that shows what the attack does, its paper, its cost and its parameters."""
    about = reference.entry(kind)
    with st.popover("About this attack", icon=":material/menu_book:", type="tertiary", key=f"about-{kind.name}"):
        st.markdown(f"**{about.title}**")
        for paragraph in (about.summary, *about.details):
            st.markdown(paragraph)
        st.markdown(
            f"The attacker sees {reference.SEES[about.access]} and looks for {reference.SEEKS[about.objective]}, in "
            f"{', '.join(norm.symbol for norm in about.norms)}, with a target or without. "
            f"With the defaults a picture costs at most {about.cost}."
        )
        rows = [f"| {s.title} `{s.name}` | {s.default} | {s.limits} | {s.about} |" for s in about.settings]
        if rows:
            head = ("| Parameter | Default | Range | What it is |", "| --- | --- | --- | --- |")
            st.markdown("\n".join((*head, *rows)))
        links = ", ".join(f"[{link.rpartition('/')[2]}]({link})" for link in about.links)
        st.caption(f"{about.papers} arXiv: {links}" if links else about.papers)
