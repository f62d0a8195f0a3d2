"""What is under way: a bar and a Stop button for each job, and a line for those that wait."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from advlab.serving import notes
from advlab.serving.compare.request import CompareRequest
from advlab.serving.jobs import Job
from advlab.ui import tasks, work
from advlab.ui.series import Series


def watch(series: Series, request: CompareRequest) -> None:
    """The attacks under way; the page is drawn again as soon as one of them ends."""
    fragment = st.fragment(_watch, run_every=work.pace() if series.live else None)
    fragment(series, request, series.ended)


def _watch(series: Series, request: CompareRequest, ended: int) -> None:
    series.go_on()
    if series.ended != ended:
        st.rerun()
    bars(series, request, "c", partial(_attacking, several=request.several))


def _attacking(job: Job[object], *, several: bool) -> tuple[str, float]:
    told = job.progress
    if told is None:
        return "starting…", 0.0
    found = "found one, improving" if told.fooled else "nothing found yet"
    if several:
        found = f"{told.fooled} found so far, {told.searching} still searched"
    return f"{told.queries:,} quer{'y' if told.queries == 1 else 'ies'}, {found}", told.fraction


def bars(series: Series, request: CompareRequest, key: str, tell: Callable[[Job[object]], tuple[str, float]]) -> None:
    """A bar for each job, and who waits, each with its own Stop; `tell` says of a job how far it is."""
    for name, job in series.running.items():
        said, fraction = tell(job)
        tasks.progress(job, said, fraction, f"{key}-{name}", notes.attack(request.of(name)))
    if series.live:
        # Without anybody who waits, an empty text keeps the button where it was.
        row = st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="top", key=f"{key}-foot"
        )
        with row.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-waiting"):
            _waiting(series, request, key)
        row.button("Stop all", icon=":material/stop:", key=f"{key}-stop-all", on_click=series.stop)


def _waiting(series: Series, request: CompareRequest, key: str) -> None:
    """Those that wait, in their order; a click takes one out of the line."""
    st.caption("Waiting for their turn:" if series.waiting else "", width="content")
    for name in series.waiting:
        title = notes.attack(request.of(name))
        st.button(title, icon=":material/close:", key=f"{key}-leave-{name}", on_click=series.give_up, args=(name,),
                  help=f"Stop {title} before it begins.")  # fmt: skip
