"""The largest text of a page, and what a page promises before anything is computed."""

from html import escape

import streamlit as st


def heading(headline: str, detail: str, kind: str = "") -> None:
    """The largest text of the page."""
    st.html(
        f'<div class="verdict {kind}" role="status" aria-live="polite"><div class="headline">{escape(headline)}</div>'
        f'<div class="detail">{escape(detail)}</div></div>'
    )


def promise(*parts: tuple[str, str, str], stacked: bool = False) -> None:
    """Before anything is computed: what there will be, each with an icon, a title and a sentence."""
    grid = st.grid(1 if stacked else len(parts), min_column_width=220, gap="medium")
    for icon, title, sentence in parts:
        with grid.cell(), st.container(border=True, height="stretch"):
            st.markdown(f":material/{icon}: **{title}**")
            st.caption(sentence)
