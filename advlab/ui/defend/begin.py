"""What the views over sets share: a button that begins, and what came of it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from advlab.core.asked import Asked
from advlab.serving.jobs import Job
from advlab.ui import tasks
from advlab.ui.state import LabState
from advlab.ui.tasks import Task, Tasks


def button(state: LabState, view: str, label: str, request: Asked | None, caption: str) -> None:
    """The one filled button of a view."""
    st.button(
        label, type="primary", icon=":material/bolt:", key=f"d-run-{view}", disabled=request is None,
        on_click=_start, args=(state, view, request), width="stretch",
    )  # fmt: skip
    st.caption(caption)


def _start(state: LabState, view: str, request: Asked | None) -> None:
    state.defend.started[view] = None if request is None else _key(view, request)


def _key(view: str, request: Asked) -> str:
    return request.key(f"defend-{view}")


def wanted(state: LabState, view: str, request: Asked | None, own: Tasks, do: Callable[[Job[Any]], Any]) -> bool:
    """Whether somebody wanted just this computed; it is begun then, and else whatever was before is left."""
    key = None if request is None else _key(view, request)
    if key is None or state.defend.started.get(view) != key:
        own.want({})
        return False
    own.want({view: Task(key, do)}, patience=0.6)
    return True


def current(own: Tasks, view: str) -> tuple[Job[Any] | None, Any]:
    """The job of a view, and what it has brought so far."""
    tasks.failures(own)
    job = own.jobs.get(view)
    return job, None if job is None else job.value or job.draft


def arrived(own: Tasks, view: str, opening: str, name: str) -> tuple[Job[Any], Any] | None:
    """The job of a view and what it has brought; None before there is anything, while the bar says `opening`."""
    job, found = current(own, view)
    if job is None or found is not None:
        return None if job is None else (job, found)
    if job.live:
        tasks.progress(job, opening, 0.0, name)
    return None
