"""What is under way: a bar and a Stop button for each job, and a line for those that wait."""

from collections.abc import Callable, Sequence

import streamlit as st

from advlab.serving import notes
from advlab.serving.compare.request import CompareRequest
from advlab.serving.jobs import Job
from advlab.ui import tasks, work
from advlab.ui.series import Series

# So many of those that wait are named.
_NAMED = 5


def watch(series: Series, request: CompareRequest) -> None:
    """The attacks under way; the page is drawn again as soon as one of them ends."""
    fragment = st.fragment(_watch, run_every=work.pace() if series.live else None)
    fragment(series, request, series.ended)


def _watch(series: Series, request: CompareRequest, ended: int) -> None:
    series.go_on()
    if series.ended != ended:
        st.rerun()
    bars(series, request, "c", _attacking)


def _attacking(job: Job[object]) -> tuple[str, float]:
    told = job.progress
    if told is None:
        return "starting…", 0.0
    found = "found one, improving" if told.fooled else "nothing found yet"
    return f"{told.queries:,} quer{'y' if told.queries == 1 else 'ies'}, {found}", told.fraction


def bars(series: Series, request: CompareRequest, key: str, tell: Callable[[Job[object]], tuple[str, float]]) -> None:
    """A bar for each job, and who waits; `tell` says of a job how far it is."""
    for name, job in series.running.items():
        said, fraction = tell(job)
        tasks.progress(job, said, fraction, f"{key}-{name}", notes.attack(request.of(name)))
    if series.live:
        waiting = [notes.attack(request.of(name)) for name in series.waiting]
        row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
                           key=f"{key}-waiting")  # fmt: skip
        row.caption(_in_line(waiting) if waiting else "")
        row.button("Stop all", icon=":material/stop:", key=f"{key}-stop-all", on_click=series.stop)


def _in_line(names: Sequence[str]) -> str:
    """Who waits, in words that fit beside a button."""
    rest = len(names) - _NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"Waiting for their turn: {', '.join(names[:_NAMED])}{more}."
