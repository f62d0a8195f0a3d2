"""Which pictures defenses are counted on: drawings, or a visitor's own set."""

import streamlit as st

from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving.defend import sets
from advlab.serving.defend.sets import Brought
from advlab.ui.state import LabState

_OWN = "own"
_TITLES = {sets.DRAWINGS: "Drawings", _OWN: "My own"}


def choose(state: LabState, card: Card) -> Brought | None:
    """Draw the choice; None: drawings, or nothing of the visitor's yet."""
    which = st.segmented_control(
        "Pictures", list(_TITLES), default=sets.DRAWINGS, required=True, format_func=_TITLES.__getitem__,
        key="d-source", persist_state="session", width="stretch",
        help="**Drawings**: what our own code draws for this network, no two alike. **My own**: a Parquet file in "
        "Hugging Face's image layout, or a folder with a folder for each class.",
    )  # fmt: skip
    if which != _OWN:
        return None
    own = state.defend
    files = st.file_uploader(
        "A Parquet file", ["parquet"], key=f"d-parquet-{own.uploads}", on_change=_read, args=(state, card, "parquet")
    )
    folder = st.file_uploader(
        "Or a folder", ["png", "jpg", "jpeg", "webp", "bmp"], accept_multiple_files="directory",
        key=f"d-folder-{own.uploads}", on_change=_read, args=(state, card, "folder"),
    )  # fmt: skip
    del files, folder  # read once, when they come
    if own.problem:
        st.error(own.problem, icon=":material/error:")
    if own.brought is not None:
        images = own.brought.images
        st.caption(
            f"**{own.brought.title}**: {len(images):,} pictures, {len(images.names)} classes. Half of them are counted "
            "at most; others calibrate detectors."
        )
    return own.brought


def named(brought: Brought | None) -> str:
    """What requests call the set."""
    return sets.DRAWINGS if brought is None else f"set:{brought.key}"


def missing() -> str | None:
    """A sentence while a set of the visitor's own is chosen and none is there."""
    chosen = st.session_state.get("d-source") == _OWN
    return "Upload a Parquet file or a folder of class folders first, or choose drawings." if chosen else None


def _read(state: LabState, card: Card, kind: str) -> None:
    own = state.defend
    found = st.session_state.get(f"d-{kind}-{own.uploads}")
    if not found:
        return
    files = found if isinstance(found, list) else [found]
    own.problem = None
    try:
        own.brought = sets.bring([(file.name, file.getvalue()) for file in files], card.input_size)
    except AdvlabError as error:
        own.problem = str(error)
    own.uploads += 1
