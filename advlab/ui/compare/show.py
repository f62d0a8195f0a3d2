"""A comparison on the page: what it comes to, what is under way, the gallery, the table, what can be taken along."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from advlab import models
from advlab.core.attack import Objective
from advlab.core.request import AttackRequest
from advlab.models import Card
from advlab.serving import lab as lab_work
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.headline import headline
from advlab.serving.compare.reach import Reach
from advlab.serving.compare.request import CompareRequest
from advlab.serving.compare.tally import Tally
from advlab.serving.compare.together import headline as together
from advlab.serving.crafted import listed
from advlab.serving.exports import compared
from advlab.serving.jobs import Job
from advlab.serving.outcome import Look, Outcome
from advlab.ui import words
from advlab.ui.compare import cards, progress, smallest, strips, subjects, table
from advlab.ui.compare.controls import Choice
from advlab.ui.compare.state import ComparisonState
from advlab.ui.state import LabState, Picture
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
        each = ", each on all samples" if request.several else ""
        st.caption(
            f"{count} attack{'s' if count > 1 else ''}{each}{budget}. Results arrive one by one; each can be stopped."
        )
    if own.pressed and request is not None:
        own.request, own.measured = request, False
        own.runs.again()
    own.pressed = False


def _press(own: ComparisonState) -> None:
    own.pressed = True


def comparison(state: LabState, choice: Choice, card: Card, look: Look | None) -> None:
    """What was started, if it was on these pictures; before that, what there will be."""
    own = state.comparison
    request = own.request
    photos = None if request is None else subjects.pictures(state, card, several=request.several)
    if request is None or photos is None or request.picture != next(iter(photos)):
        own.request = None
        own.runs.want({})
        own.reaches.want({})
        _before(look, card)
        return
    own.runs.want({name: _attack(request, name, photos) for name in request.attacks}, patience=0.5)
    if request.several:
        _several(state, request, photos, choice, card)
    else:
        _alone(state, request, look, choice, card)


def _alone(state: LabState, request: CompareRequest, look: Look | None, choice: Choice, card: Card) -> None:
    """All attacks on one picture."""
    own = state.comparison
    entries = [_entry(own, request, name) for name in request.attacks]
    _headline(own, headline(entries), any(entry.success for entry in entries), f"“{state.picture.title}”", card)
    _under_way(own, request, choice)
    cards.cards(look, [own.runs.tasks[name].key for name in request.attacks], entries)
    head = _section()
    table.table(entries, _states(own))
    found = smallest.section(state, request, entries)
    with head:
        _take(entries, found, state.picture.stem)


def _several(
    state: LabState, request: CompareRequest, photos: Mapping[str, Picture], choice: Choice, card: Card
) -> None:
    """All attacks on several pictures."""
    own = state.comparison
    lines = [Tally(name, request, own.found(name), own.runs.problem(name)) for name in request.attacks]
    _headline(own, together(lines), any(line.won for line in lines), f"{len(photos)} samples", card)
    _under_way(own, request, choice)
    titles = {name: picture.title for name, picture in photos.items()}
    strips.strips([own.runs.tasks[name].key for name in request.attacks], lines, titles)
    strips.legend(lines)
    head = _section()
    table.tallies(lines, _states(own))
    with head:
        _take([entry for line in lines for entry in line.entries], {}, f"{len(photos)}-samples")


def _under_way(own: ComparisonState, request: CompareRequest, choice: Choice) -> None:
    if choice.request is not None and choice.request != request:
        st.caption("The controls have changed since; press Compare them.")
    progress.watch(own.runs, request)


def _section() -> DeltaGenerator:
    """The heading of the table; what it returns has room for a button at its end."""
    head = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    head.html('<h3 class="section">In numbers</h3>', width="content")
    return head


def _states(own: ComparisonState) -> dict[str, str]:
    return dict.fromkeys(own.runs.running, "running…") | dict.fromkeys(own.runs.waiting, "waits")


def _attack(request: CompareRequest, name: str, photos: Mapping[str, Picture]) -> Task:
    """One attack on all of the pictures, as one batch."""
    asked, images = request.of(name), {name: picture.image for name, picture in photos.items()}
    digests = [picture.digest for picture in photos.values()]
    return Task(asked.key(*digests, "compare"), partial(_work, asked, images))


def _work(asked: AttackRequest, images: Mapping[str, Image.Image], job: Job[Any]) -> tuple[Outcome, ...]:
    return lab_work.run_all(asked, images, progress=job.tell, should_stop=job.stopping)


def _entry(own: ComparisonState, request: CompareRequest, name: str) -> Entry:
    return Entry(name, request, next(iter(own.found(name)), None), own.runs.problem(name))


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
    cards.before(look, card, parts)


def _headline(own: ComparisonState, said: str, won: bool, what: str, card: Card) -> None:  # noqa: FBT001
    request = own.request
    if request is None:
        return
    kind = ("target" if request.target is not None else "adversarial") if won else ""
    if not won and not own.runs.live and any(own.found(name) for name in request.attacks):
        kind = "clean"
    minimal = any(request.kind(name).objective is Objective.MINIMAL for name in request.attacks)
    told = " Attacks that look for the smallest change are not told ε." if minimal else ""
    if any(map(request.crafts, request.attacks)):
        makers = listed([models.card(name).title for name in request.sources])
        told += f" By transfer: made on {makers}, and tried here once."
    title = card.title if request.model == card.name else request.model
    words.heading(said, f"{what} on {title}, {request.norm.symbol} {request.limit}.{told}", kind)


def _take(entries: list[Entry], found: Mapping[str, Reach], stem: str) -> None:
    if not any(entry.outcome for entry in entries):
        return
    st.download_button("CSV", compared.csv(entries, found), f"attacks-{stem}.csv", "text/csv",
                       icon=":material/table:", key="c-csv", on_click="ignore")  # fmt: skip
