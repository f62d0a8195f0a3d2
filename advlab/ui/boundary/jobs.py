"""The page's work: slices for one or two models, what a click asks for, and what other views need."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from advlab.errors import AdvlabError
from advlab.serving.geometry import ascent, landscape, point, spread
from advlab.serving.geometry.ascent import Ascent
from advlab.serving.geometry.ground import Materials
from advlab.serving.geometry.landscape import Landscape
from advlab.serving.geometry.point import Point
from advlab.serving.geometry.request import PlaneRequest
from advlab.serving.geometry.spread import Spread
from advlab.serving.jobs import Job, Status
from advlab.ui import work
from advlab.ui.boundary.controls import Choice
from advlab.ui.boundary.state import BoundaryState

T = TypeVar("T")
# What takes an instant is shown at once, without a progress bar that flashes by.
_INSTANT = 0.4


def slices(state: BoundaryState, choice: Choice) -> dict[str, Job[Landscape | None]]:
    """The slice that the controls say, for each model; former ones of this visitor stop."""
    request, made_of = choice.request, choice.materials
    if request is None or choice.needs_run:
        leave(state)
        return {}
    wanted = [request.model, *([choice.beside] if choice.beside else [])]
    if request != state.request or set(wanted) != set(state.jobs):
        leave(state)
        if request != state.request:
            state.picked = None
        state.request = request
        state.notice = None
        try:
            for model in wanted:
                state.jobs[model] = _slice(request, made_of, model, choice.digests)
        except AdvlabError as error:
            state.notice = str(error)
        for job in state.jobs.values():
            job.wait(_INSTANT)
    return state.jobs


def _slice(request: PlaneRequest, made_of: Materials, model: str, digests: tuple[str, ...]) -> Job[Landscape | None]:
    return work.jobs().submit(
        request.key(*digests, model),
        work.person(),
        lambda job: landscape.draw(request, made_of, job.show, job.stopping, model=model),
    )


def leave(state: BoundaryState) -> None:
    """What was wanted before is not wanted any more."""
    for job in (*state.jobs.values(), *state.aside.values()):
        if job.live:
            job.leave(work.person())
    state.jobs, state.aside, state.request = {}, {}, None


def spread_of(state: BoundaryState, choice: Choice, count: int) -> Job[Spread | None] | None:
    """Random directions against the axis across."""
    request, made_of = choice.request, choice.materials
    if request is None:
        return None
    return _aside(
        state,
        f"spread {count}",
        request.key(*choice.digests, f"spread {count}"),
        lambda job: spread.compare(request, made_of, count, job.show, job.stopping),
    )


def ascent_of(state: BoundaryState, choice: Choice, model: str, eps: float) -> Job[Ascent | None] | None:
    """Restarts of PGD on a model."""
    request, made_of = choice.request, choice.materials
    if request is None:
        return None
    return _aside(
        state,
        f"ascent {model}",
        request.key(*choice.digests, f"ascent {model} {eps!r}"),
        lambda job: ascent.ascend(request, made_of, eps, model=model, show=job.show, should_stop=job.stopping),
    )


def point_of(choice: Choice, position: tuple[float, float], models: tuple[str, ...]) -> Job[Point] | None:
    """The picture at a position, and what these models say, the plane's own first."""
    request, made_of = choice.request, choice.materials
    if request is None:
        return None
    key = request.key(*choice.digests, "point", *models, repr(position))
    return work.extras().submit(key, work.person(), lambda _: point.visit(request, made_of, position, models[1:]))


def _aside(state: BoundaryState, name: str, key: str, do: Callable[[Job[T]], T]) -> Job[T] | None:
    """Work that one of the views needs; as long as its key is the same, what was stopped stays stopped."""
    job = state.aside.get(name)
    if job is None or job.key != key:
        if job is not None and job.live:
            job.leave(work.person())
        try:
            job = state.aside[name] = work.jobs().submit(key, work.person(), do)
        except AdvlabError as error:
            st.error(str(error), icon=":material/error:")
            return None
        job.wait(_INSTANT)
    return job


def progress(job: Job[T], text: str, fraction: float, key: str) -> None:
    """How far a job is, and a way to stop it."""
    row = st.container(horizontal=True, vertical_alignment="center", key=f"{key}-progress")
    if job.stopping():
        text = "Stopping…"
    elif job.status is Status.QUEUED:
        text = f"Waiting, {work.jobs().ahead(job)} before you"
    row.progress(min(1.0, max(0.0, fraction)), text)
    row.button("Stop", icon=":material/stop:", key=f"{key}-stop", on_click=_stop, args=(job,))


def _stop(job: Job[T]) -> None:
    job.leave(work.person())


def end(name: str, *, live: bool) -> None:
    """When the work has ended, the page is drawn once more, without the timer."""
    if not live and st.session_state.pop(name, False):
        st.rerun()
    if live:
        st.session_state[name] = True
