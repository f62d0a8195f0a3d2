"""The jobs that a part of a page shows: it says at each run what it wants, and what it no longer wants stops."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from advlab.errors import AdvlabError
from advlab.serving.jobs import Job, Status
from advlab.ui import work

T = TypeVar("T")
# What takes an instant is shown at once, without a progress bar that flashes by.
_INSTANT = 0.4


@dataclass(frozen=True)
class Task:
    """Work, named by the very pixels and settings that it is about."""

    key: str
    do: Callable[[Job[Any]], Any]


@dataclass
class Tasks:
    """Jobs by their place on the page.

    Attributes:
        jobs: those that are wanted; a finished one stays, and so does one that was stopped, as long as its key is.
        problem: why one of them could not begin.
    """

    jobs: dict[str, Job[Any]] = field(default_factory=dict)
    problem: str | None = None

    def want(self, tasks: Mapping[str, Task], patience: float = _INSTANT) -> dict[str, Job[Any]]:
        """Exactly these from now on; waits a moment for them."""
        for place, job in list(self.jobs.items()):
            if place not in tasks or tasks[place].key != job.key:
                leave(job)
                del self.jobs[place]
        self.problem = None
        until = time.monotonic() + patience
        for place, task in tasks.items():
            if place in self.jobs:
                continue
            try:
                self.jobs[place] = work.jobs().submit(task.key, work.person(), task.do)
            except AdvlabError as error:
                self.problem = str(error)
                break
        self.jobs = {place: self.jobs[place] for place in tasks if place in self.jobs}
        for job in self.jobs.values():
            job.wait(max(0.0, until - time.monotonic()))
        return self.jobs

    @property
    def live(self) -> bool:
        """Whether somebody has to wait."""
        return any(job.live for job in self.jobs.values())


def leave(job: Job[T]) -> None:
    """This visitor no longer wants it."""
    if job.live:
        job.leave(work.person())


def watch(draw: Callable[[], None], tasks: Tasks, name: str) -> None:
    """Draw what the tasks have brought, again and again while they run; then once more, as a part of the page.

    Args:
        draw: draws it.
        tasks: whose progress is shown.
        name: of this part of the page.
    """
    st.fragment(_watch, run_every=work.pace() if tasks.live else None)(draw, tasks, f"{name}-live")


def _watch(draw: Callable[[], None], tasks: Tasks, key: str) -> None:
    live = tasks.live
    draw()
    # The timer belongs to the page's last run: a new one takes it away.
    if not live and st.session_state.pop(key, False):
        st.rerun()
    if live:
        st.session_state[key] = True


def failures(tasks: Tasks) -> None:
    """What went wrong, and what was stopped too early."""
    if tasks.problem:
        st.error(tasks.problem, icon=":material/error:")
    for job in tasks.jobs.values():
        if job.problem:
            st.error(job.problem, icon=":material/error:")
        elif not job.live and job.value is None:
            st.info("Stopped before there was anything to see. Change a control to look again.")


def progress(job: Job[T], text: str, fraction: float, key: str, name: str = "") -> None:
    """How far a job is, and a way to stop it; `name` tells it from others beside it."""
    row = st.container(horizontal=True, vertical_alignment="center", key=f"{key}-progress")
    if job.stopping():
        text = "Stopping…"
    elif job.status is Status.QUEUED:
        text = f"Waiting, {work.jobs().ahead(job)} before you"
    row.progress(min(1.0, max(0.0, fraction)), f"{name}: {text[:1].lower()}{text[1:]}" if name else text)
    row.button("Stop", icon=":material/stop:", key=f"{key}-stop", on_click=leave, args=(job,))
