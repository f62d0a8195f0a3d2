"""What one visitor has chosen and got: one object in the session, never string keys in pages."""

from dataclasses import dataclass, field

import streamlit as st
from PIL import Image

from advlab.core.request import AttackRequest
from advlab.data.samples import SAMPLES
from advlab.serving.jobs import Job
from advlab.serving.outcome import Outcome


@dataclass(frozen=True)
class Picture:
    """A picture to work on: its name in requests and links, and what people read."""

    ref: str
    title: str
    image: Image.Image
    stem: str  # names its downloads


@dataclass
class LabState:
    """The lab of one visitor."""

    picture: Picture
    job: Job[Outcome] | None = None
    running: AttackRequest | None = None  # what the job runs
    outcome: Outcome | None = None
    problem: str | None = None
    notice: str | None = None
    pressed: bool = False  # Run was pressed and is not answered yet
    uploads: int = 0
    offered: dict[str, Picture] = field(default_factory=dict)


def lab() -> LabState:
    """This visitor's lab; made on the first visit, kept while pages change."""
    if "lab" not in st.session_state:
        offered = {
            f"sample:{s.name}": Picture(f"sample:{s.name}", s.title, s.picture(), s.name) for s in SAMPLES.values()
        }
        st.session_state["lab"] = LabState(picture=next(iter(offered.values())), offered=offered)
    state: LabState = st.session_state["lab"]
    return state
