"""What one visitor has chosen and got: one object in the session, never string keys in pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import streamlit as st
from PIL import Image

from advlab import models
from advlab.core.request import AttackRequest
from advlab.data.samples import SAMPLES
from advlab.data.samples.base import fits
from advlab.models import Card
from advlab.serving.jobs import Job
from advlab.serving.outcome import Look, Outcome
from advlab.ui.blackbox.state import BlackboxState
from advlab.ui.boundary.state import BoundaryState
from advlab.ui.compare.state import ComparisonState
from advlab.ui.defend.state import DefendState
from advlab.ui.explain.state import ExplainState

if TYPE_CHECKING:
    from advlab.ui.shelf import Own

# Runs, and own pictures, that a visitor's session remembers.
_RUNS = 6
_OWN = 4


class Pixels(Protocol):
    """A sample, or an upload, whose pixels are decoded when they are needed."""

    @property
    def image(self) -> Image.Image:
        """The pixels."""

    @property
    def digest(self) -> str:
        """Names the pixels."""


@dataclass(frozen=True)
class Picture:
    """A picture to work on: its name in requests and links, and what people read."""

    ref: str
    title: str
    pixels: Pixels
    stem: str  # names its downloads
    file: str = ""  # the name of the uploaded file
    made_by: AttackRequest | None = None  # the run that it came from, if it is one of our own files
    exact: bool = False  # it was made for a model: taken pixel by pixel where it fits
    remarks: tuple[str, ...] = ()  # sentences on what was done to an unusual file
    shows: tuple[str, ...] = ()  # class names for what is in it, where that is known

    @property
    def image(self) -> Image.Image:
        """Its pixels."""
        return self.pixels.image

    @property
    def digest(self) -> str:
        """Names its pixels."""
        return self.pixels.digest

    @property
    def private(self) -> bool:
        """Whether somebody brought it: then it is in no link."""
        return not self.ref.startswith("sample:")

    def fits(self, labels: Sequence[str]) -> bool:
        """Whether what it shows may be among these classes; of what people bring nobody knows."""
        return not self.shows or fits(self.shows, labels)

    def named(self, card: Card) -> str:
        """What a request for this model calls it: one of our own files is taken pixel by pixel where it fits."""
        if self.made_by is None and not self.exact:
            return self.ref
        kind = "exact" if self.image.size == card.input_size[:0:-1] else "upload"
        return f"{kind}:{self.digest}"


@dataclass
class ModelsState:
    """The models of one visitor."""

    own: dict[str, Card] = field(default_factory=dict)  # of this visitor's weights
    downloads: dict[str, Job[Path]] = field(default_factory=dict)
    adding: "Job[Own] | None" = None  # the weights that are being read
    found: "Own | None" = None  # what came of the last ones
    problem: str | None = None  # or why nothing did
    chosen: str | None = None  # a model to go to the lab with
    taken: int = 0  # files of weights that became a model


@dataclass
class LabState:
    """The lab of one visitor."""

    picture: Picture
    job: Job[Outcome] | None = None
    running: AttackRequest | None = None  # what the job runs
    look: Job[Look] | None = None  # what the model says before any attack
    outcome: Outcome | None = None
    compare: str | None = None  # a second model beside the first
    second: Job[Outcome] | None = None  # the same attack on it
    beside: Outcome | None = None  # and its result
    view: str = "swipe"
    reported: str | None = None  # the view that the viewer last reported
    arrivals: int = 0  # how often a link has chosen the view
    labels: tuple[str, ...] | None = None  # of the model that the picture was last settled for
    linked: str | None = None  # the picture that the last link named
    drawing: list[list[list[float]]] = field(default_factory=list)  # strokes of the visitor's own digit
    strange: bool = False  # the picture is another one since the controls were drawn
    released: dict[str, float] = field(default_factory=dict)  # by run: where the handle for ε was let go
    presenting: bool = False
    address: dict[str, str] | None = None  # the last link that was read or written
    problem: str | None = None
    notice: str | None = None
    pressed: bool = False  # Run was pressed and is not answered yet
    uploads: int = 0
    offered: dict[str, Picture] = field(default_factory=dict)
    brought: dict[str, Picture] = field(default_factory=dict)  # own pictures, the latest last
    models: ModelsState = field(default_factory=ModelsState)
    blackbox: BlackboxState = field(default_factory=BlackboxState)
    boundary: BoundaryState = field(default_factory=BoundaryState)
    explain: ExplainState = field(default_factory=ExplainState)
    defend: DefendState = field(default_factory=DefendState)
    comparison: ComparisonState = field(default_factory=ComparisonState)
    runs: dict[str, Outcome] = field(default_factory=dict)  # the last ones by name, the latest first

    def remember(self, name: str, outcome: Outcome) -> None:
        """Keep a run for the pages that go on with it."""
        rest = {other: run for other, run in self.runs.items() if other != name}
        self.runs = dict([(name, outcome), *rest.items()][:_RUNS])

    def keep(self, mine: Picture) -> None:
        """A picture that the visitor brought or made. The strip shows the last one.

        A few before it stay known, since files may have been made from them.
        """
        self.brought = dict([*self.brought.items(), (mine.ref, mine)][-_OWN:])
        self.offered = {ref: p for ref, p in self.offered.items() if not p.private} | {mine.ref: mine}

    def runs_on(self, card: Card) -> dict[str, Outcome]:
        """The attacks on this picture that were made for pictures of a model's size, the latest first."""
        name = self.picture.named(card)
        return {
            key: run
            for key, run in self.runs.items()
            if run.changed and run.request.picture == name and run.clean.shape[:2] == card.input_size[1:]
        }

    def find(self, name: str) -> Picture | None:
        """The picture that a request calls so, if this visitor has it (still)."""
        ref = name.replace("exact:", "upload:", 1)
        return self.brought.get(ref) or self.offered.get(ref)

    def cards(self) -> dict[str, Card]:
        """The models to choose from: those on this computer, and this visitor's own."""
        return {**models.on_this_computer(), **self.models.own}


def lab() -> LabState:
    """This visitor's lab; made on the first visit, kept while pages change."""
    if "lab" not in st.session_state:
        offered = {
            f"sample:{s.name}": Picture(f"sample:{s.name}", s.title, s, s.name, shows=s.shows) for s in SAMPLES.values()
        }
        st.session_state["lab"] = LabState(picture=next(iter(offered.values())), offered=offered)
    state: LabState = st.session_state["lab"]
    return state
