"""What surrounds every page: configuration, navigation, styles, and a guard against pages without it."""

import threading
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from advlab.ui import work

_ROOT = Path(__file__).parents[2]
_this_run = threading.local()
# Controls that stand on several pages.
_SHARED = ("model", "goal", "target", "truth", "seed")


def pages() -> dict[str, list[StreamlitPage]]:
    """Every page, by the heading it stands under; no icons, which browsers would fetch from the internet."""
    folder = _ROOT / "pages"
    return {
        "": [
            st.Page(folder / "home.py", title="Home", default=True),
            st.Page(folder / "lab.py", title="Attack Lab", url_path="lab"),
            st.Page(folder / "compare.py", title="Compare attacks", url_path="compare"),
            st.Page(folder / "blackbox.py", title="Black box", url_path="blackbox"),
            st.Page(folder / "boundary.py", title="Boundary", url_path="boundary"),
            st.Page(folder / "explain.py", title="Explain", url_path="explain"),
            st.Page(folder / "defend.py", title="Defend", url_path="defend"),
            st.Page(folder / "models.py", title="Models", url_path="models"),
        ],
    }


def run() -> None:
    """Draw the frame and the page in it. Called by app.py and by nothing else."""
    icon = _ROOT / "assets" / "icon.png"
    st.set_page_config(page_title="AdvLab", page_icon=icon, layout="wide", initial_sidebar_state="expanded")
    st.logo(_ROOT / "assets" / "logo.svg", size="large")
    st.html(_ROOT / "assets" / "style.css")
    work.warm_up()
    page = st.navigation(pages(), position="top")
    _carry(page.url_path)
    _this_run.framed = True
    try:
        page.run()
    finally:
        _this_run.framed = False


def _carry(path: str) -> None:
    """Take the model along to another page.

    A browser that still holds the widget of the page before is not told its value again, shows the widget's default
    on the new page, and sends that back as if somebody had chosen it. Writing the value makes it be told.
    """
    if st.session_state.get("page") != path:
        st.session_state["page"] = path
        for key in _SHARED:
            if key in st.session_state:
                st.session_state[key] = st.session_state[key]


def require() -> None:
    """First line of every page: come back inside the frame.

    On a new server, until app.py has run once, Streamlit serves `/lab` by running the page's file by
    itself, without frame, layout or navigation. Declaring the navigation and running again mends that.
    """
    if not getattr(_this_run, "framed", False):
        st.navigation(pages(), position="top")
        st.rerun()
