"""The smallest radius of each attack: searched when somebody asks for it, one gauge each."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from advlab.serving.compare.entry import Entry
from advlab.serving.compare.reach import Reach, reach
from advlab.serving.compare.request import CompareRequest
from advlab.serving.jobs import Job
from advlab.ui import work
from advlab.ui.compare import progress
from advlab.ui.compare.gauges import Gauge, gauges
from advlab.ui.series import Series
from advlab.ui.state import LabState
from advlab.ui.tasks import Task


def section(state: LabState, request: CompareRequest, entries: Sequence[Entry]) -> Mapping[str, Reach]:
    """Draw it; what was found."""
    own = state.comparison
    st.html('<h3 class="section">Smallest radius</h3>')
    if not own.measured:
        own.reaches.want({})
        _offer(state, entries)
        return {}
    digest, image = state.picture.digest, state.picture.image
    alone = [entry for entry in entries if not request.crafts(entry.name)]
    own.reaches.want({one.name: _search(request, one.name, digest, image) for one in alone}, patience=0.5)
    if len(alone) < len(entries):
        st.caption("Those that are made on other models are left out: what they need there says nothing about yours.")
    if not alone:
        return {}
    st.fragment(_watch, run_every=work.pace() if own.reaches.live else None)(own.reaches, alone, own.reaches.live)
    return {name: job.value for name, job in own.reaches.jobs.items() if job.value is not None}


def _offer(state: LabState, entries: Sequence[Entry]) -> None:
    st.caption(
        "How little does each attack need on this picture? By bisection, about eight runs an attack: what was found is "
        "followed back towards the clean picture, and the next try begins below it."
    )
    st.button(
        "Find the smallest ε of each", icon=":material/straighten:", key="c-measure", on_click=_begin, args=(state,),
        disabled=state.comparison.runs.live or not any(entry.outcome for entry in entries),
    )  # fmt: skip


def _begin(state: LabState) -> None:
    state.comparison.measured = True
    state.comparison.reaches.again()


def _search(request: CompareRequest, name: str, digest: str, image: Any) -> Task:  # noqa: ANN401 - a picture of Pillow's
    return Task(request.of(name).key(digest, "reach", repr(request.eps)), partial(_work, request, name, image))


def _work(request: CompareRequest, name: str, image: Any, job: Job[Reach]) -> Reach:  # noqa: ANN401
    return reach(request, name, image, job.show, job.stopping)


def _watch(series: Series, entries: Sequence[Entry], was_live: bool) -> None:  # noqa: FBT001 - of a fragment
    series.go_on()
    if was_live and not series.live:
        st.rerun()
    request = entries[0].request
    found = {name: _known(job) for name, job in series.jobs.items()}
    gauges([Gauge(entry.title, found.get(entry.name)) for entry in entries], request.norm, request.eps)
    progress.bars(series, request, "c-reach", _searching)
    for entry in entries:
        problem = series.problem(entry.name)
        if problem:
            st.caption(f"{entry.title}: {problem}")
    done = [one for one in found.values() if one is not None]
    if done and not series.live:
        tries, queries = sum(one.tries for one in done), sum(one.queries for one in done)
        st.caption(
            f"{tries:,} runs and {queries:,} queries in all; sizes before rounding to 8 bits. An attack that looks for "
            "the smallest change is run once, so nothing is known below what it found."
        )


def _known(job: Job[Reach]) -> Reach | None:
    return job.value or job.draft


def _searching(job: Job[Any]) -> tuple[str, float]:
    known = job.draft
    if known is None:
        return "starting…", 0.0
    return f"try {known.tries + 1}, {known.queries:,} queries, {known.words}", known.fraction
