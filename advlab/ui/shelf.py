"""Models that wait for something: a download, or a look at somebody's own weights."""

import uuid
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from advlab import models
from advlab.core.classifier import Size
from advlab.core.settings import Progress
from advlab.models import Card, Check
from advlab.serving.jobs import Job, Jobs
from advlab.ui import work

# What the title of somebody's own model ends with.
YOURS = " · yours"


@dataclass(frozen=True)
class Own:
    """Weights that a visitor brought, and what a first look at the model found."""

    card: Card
    checks: tuple[Check, ...]

    @property
    def usable(self) -> bool:
        """Whether nothing is plainly wrong."""
        return all(check.ok is not False for check in self.checks)


@dataclass(frozen=True)
class Form:
    """What a visitor says about their weights."""

    weights: bytes
    title: str
    architecture: str
    labels: tuple[str, ...] | int
    input_size: Size
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None


@st.cache_resource
def _transfers() -> Jobs:
    """Downloads wait for the network, not for the processor; two at once."""
    return Jobs(2, limit=4)


@st.cache_resource
def _desk() -> Jobs:
    """Own weights are read one file at a time, so that many of them do not fill the memory."""
    return Jobs(1, work.use_threads, limit=2)


def download(name: str) -> Job[Path]:
    """Fetch a model's weights, or join the download that is under way."""

    def work_on(job: Job[Path]) -> Path:
        def tell(done: int, total: int | None) -> None:
            job.tell(Progress(done / total if total else 0.0, step=done, queries=0, searching=0, fooled=0))

        return models.fetch(name, tell, job.stopping)

    return _transfers().submit(f"download {name}", work.person(), work_on)


def take_in(form: Form) -> Job[Own]:
    """Read somebody's weights and look the model over; one that cannot be used is not kept."""

    def work_on(_: Job[Own]) -> Own:
        card = models.add_own(
            form.weights,
            architecture=form.architecture,
            labels=form.labels,
            input_size=form.input_size,
            mean=form.mean,
            std=form.std,
            title=f"{form.title[:60]}{YOURS}",
        )
        usable = False
        try:
            found = Own(card, models.preflight(models.load(card.name)))
            usable = found.usable
        finally:
            if not usable:
                models.forget(card.name)
        return found

    # The job belongs to one visitor and one press of the button: nobody else can join it.
    return _desk().submit(f"own {work.person()} {uuid.uuid4()}", work.person(), work_on)


def release(file: UploadedFile | None) -> None:
    """Drop the bytes of an upload, which Streamlit keeps until the tab is closed, even without its uploader."""
    context = get_script_run_ctx()
    if file is not None and context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
