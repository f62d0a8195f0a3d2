"""What one visitor has chosen and got: one object in the session, never string keys in pages."""

from dataclasses import dataclass, field

import streamlit as st
from PIL import Image

from advlab.data.samples import SAMPLES
from advlab.serving.jobs import Job
from advlab.serving.outcome import Outcome


@dataclass(frozen=True)
class Picture:
    """A picture to work on: its name in requests and links, and what people read."""

    ref: str
    title: str
    image: Image.Image


@dataclass
class LabState:
    """The lab of one visitor."""

    picture: Picture
    upload: Picture | None = None
    job: Job[Outcome] | None = None
    outcome: Outcome | None = None
    problem: str | None = None
    offered: dict[str, Picture] = field(default_factory=dict)


def lab() -> LabState:
    """This visitor's lab; made on the first visit, kept while pages change."""
    if "lab" not in st.session_state:
        offered = {
            f"sample:{name}": Picture(f"sample:{name}", sample.title, sample.picture())
            for name, sample in SAMPLES.items()
        }
        st.session_state["lab"] = LabState(picture=next(iter(offered.values())), offered=offered)
    state: LabState = st.session_state["lab"]
    return state
