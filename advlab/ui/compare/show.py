"""A comparison on the page: what it comes to, what is under way, the gallery, the table, what can be taken along."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from advlab.core.attack import Objective
from advlab.models import Card
from advlab.serving import lab as lab_work
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.headline import headline
from advlab.serving.compare.reach import Reach
from advlab.serving.compare.request import CompareRequest
from advlab.serving.exports import compared
from advlab.serving.jobs import Job
from advlab.serving.outcome import Look, Outcome
from advlab.ui import words
from advlab.ui.compare import cards, progress, smallest, table
from advlab.ui.compare.controls import Choice
from advlab.ui.compare.state import ComparisonState
from advlab.ui.state import LabState
from advlab.ui.tasks import Task


def run_button(state: LabState, choice: Choice) -> None:
    """The one filled button, and what it will do.

    The click only leaves a mark: a callback would be given the choice of the run before.
    """
    own, request = state.comparison, choice.request
    st.button(
        "Compare them", type="primary", icon=":material/bolt:", key="c-run", disabled=request is None, width="stretch",
        shortcut="Ctrl+Enter", on_click=_press, args=(own,),
    )  # fmt: skip
    if request is not None:
        budget = "" if request.max_queries is None else f", at most {request.max_queries:,} queries each"
        count = len(request.attacks)
        st.caption(f"{count} attack{'s' if count > 1 else ''}{budget}. Results arrive one by one; each can be stopped.")
    if own.pressed and request is not None:
        own.request, own.measured = request, False
        own.runs.again()
    own.pressed = False


def _press(own: ComparisonState) -> None:
    own.pressed = True


def comparison(state: LabState, choice: Choice, card: Card, look: Look | None) -> None:
    """What was started, if it was on this picture; before that, what there will be."""
    own = state.comparison
    request = own.request
    if request is None or request.picture != state.picture.named(card):
        own.request = None
        own.runs.want({})
        own.reaches.want({})
        _before(look, card)
        return
    digest, image = state.picture.digest, state.picture.image
    own.runs.want({name: _attack(request, name, digest, image) for name in request.attacks}, patience=0.5)
    entries = [_entry(state, request, name) for name in request.attacks]
    _headline(state, entries, card)
    if choice.request is not None and choice.request != request:
        st.caption("The controls have changed since; press Compare them.")
    progress.watch(own.runs, request)
    cards.cards(look, [own.runs.tasks[name].key for name in request.attacks], entries)
    head = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    head.html('<h3 class="section">In numbers</h3>', width="content")
    table.table(entries, dict.fromkeys(own.runs.running, "running…") | dict.fromkeys(own.runs.waiting, "waits"))
    found = smallest.section(state, request, entries)
    with head:
        _take(state, entries, found)


def _attack(request: CompareRequest, name: str, digest: str, image: Any) -> Task:  # noqa: ANN401 - a picture of Pillow's
    asked = request.of(name)
    return Task(asked.key(digest, "compare"), partial(_work, asked, image))


def _work(asked: Any, image: Any, job: Job[Outcome]) -> Outcome:  # noqa: ANN401
    return lab_work.run(asked, image, progress=job.tell, should_stop=job.stopping, frames=0)


def _entry(state: LabState, request: CompareRequest, name: str) -> Entry:
    runs = state.comparison.runs
    job = runs.jobs.get(name)
    return Entry(name, request, job.value if job is not None else None, runs.problem(name))


def _before(look: Look | None, card: Card) -> None:
    words.heading(
        "Which attack gets there, and at what price?",
        "One picture, one model, the same terms for all: each attack is run by itself, and its result judged as a "
        "file that was saved and opened again.",
    )
    parts = (
        ("grid_view", "Side by side", "For each attack the picture that it makes, what it changed, and the verdict."),
        ("table_rows", "In numbers", "Sizes in three norms, similarity, queries, gradients and time, to sort by."),
        ("straighten", "Smallest radius", "How little each attack needs on this picture, searched by bisection."),
    )
    if look is None:
        words.promise(*parts)
        return
    grid = st.grid(2, min_column_width=330, gap="large")
    with grid.cell():
        cards.before(look, card)
    with grid.cell():
        words.promise(*parts, stacked=True)


def _headline(state: LabState, entries: list[Entry], card: Card) -> None:
    request = entries[0].request
    won = any(entry.success for entry in entries)
    kind = ("target" if request.target is not None else "adversarial") if won else ""
    if not won and not state.comparison.runs.live and any(entry.outcome for entry in entries):
        kind = "clean"
    minimal = any(request.kind(name).objective is Objective.MINIMAL for name in request.attacks)
    told = " Attacks that look for the smallest change are not told ε." if minimal else ""
    title = card.title if request.model == card.name else request.model
    detail = f"“{state.picture.title}” on {title}, {request.norm.symbol} {request.limit}.{told}"
    words.heading(headline(entries), detail, kind)


def _take(state: LabState, entries: list[Entry], found: Mapping[str, Reach]) -> None:
    if not any(entry.outcome for entry in entries):
        return
    stem = f"attacks-{state.picture.stem}"
    st.download_button("CSV", compared.csv(entries, found), f"{stem}.csv", "text/csv", icon=":material/table:",
                       key="c-csv", on_click="ignore")  # fmt: skip
