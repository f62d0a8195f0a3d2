"""The race on the page: its controls, the curves as they grow, the pictures, the numbers."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st
from PIL import Image

from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.core.service import Service
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving.blackbox import race as work
from advlab.serving.blackbox.headline import headline
from advlab.serving.blackbox.race import Trail
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.request import CompareRequest
from advlab.serving.exports import compared, trails
from advlab.serving.exports import races as links
from advlab.serving.figures import base, races
from advlab.serving.figures.races import Course, Line
from advlab.serving.jobs import Job
from advlab.serving.outcome import Look
from advlab.ui import controls as lab_controls
from advlab.ui import interface, lab, picker, words
from advlab.ui.blackbox import chooser
from advlab.ui.blackbox.chooser import PREFIX
from advlab.ui.boundary.show import theme
from advlab.ui.compare import cards, controls, progress, table
from advlab.ui.compare.controls import Choice
from advlab.ui.state import LabState
from advlab.ui.tasks import Task
from advlab.ui.work import pace

_BUDGETS = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
_BUDGET, _PRICE = 2000, 1.5


def choose(state: LabState, card: Card) -> tuple[Choice, float]:
    """Draw the controls; what is asked, and the price of a thousand questions."""
    target = lab_controls.goal(card.labels())
    known = work.norms()
    norm = st.segmented_control(
        "Norm", known, default=known[0], required=True, format_func=lambda one: one.symbol, key="b-norm",
        persist_state="session", width="stretch",
    )  # fmt: skip
    norm = norm or known[0]
    eps = controls.eps(card, norm, PREFIX)
    chosen = chooser.choose(norm)
    budget = st.select_slider(
        "Questions each may ask", _BUDGETS, _BUDGET, key="b-budget", persist_state="session",
        format_func=lambda count: f"{count:,}", help="Never exceeded, by one question even.",
    )  # fmt: skip
    price = st.number_input(
        "Price of 1,000 questions, $", 0.0, 1e6, _PRICE, 0.5, key="b-price", persist_state="session",
        help="What the provider of a model asks for a thousand answers. 0: do not show prices.",
    )  # fmt: skip
    with st.expander("What the attacker is shown", key="b-shown", on_change="ignore"):
        shown = interface.choose(card, PREFIX)
    with st.expander("Seed and truth", key="b-race-more", on_change="ignore"):
        seed = st.number_input("Seed", value=0, step=1, key="seed", persist_state="session")
        truth = lab_controls.truth(card.labels())
    if not chosen:
        return Choice(None, "Choose at least one attack."), price
    try:
        request = CompareRequest.checked(
            picture=state.picture.named(card), model=card.name, norm=norm, eps=eps, target=target, truth=truth,
            seed=int(seed), early_stop=True, max_queries=int(budget), service=Service.configured(shown),
            attacks={name: work.parameters(name, int(budget)) for name in chosen},
        )  # fmt: skip
    except AdvlabError as error:
        return Choice(None, str(error)), price
    return Choice(request), price


def put(card: Card, terms: Mapping[str, object], values: Mapping[str, object]) -> None:
    """Set the controls by what a link says."""
    box = st.session_state
    norm = Norm(str(terms.get("norm", box.get("b-norm", work.norms()[0]))))
    if norm not in work.norms():
        norm = work.norms()[0]
    box["b-norm"] = norm
    if isinstance(eps := terms.get("eps"), float):
        controls.put_eps(card, norm, eps, PREFIX)
    if isinstance(budget := terms.get("max_queries"), int):
        box["b-budget"] = min(_BUDGETS, key=lambda one: abs(one - budget))
    if isinstance(price := values.get("price"), float):
        box["b-price"] = price
    interface.put(terms.get("service"), PREFIX)
    found = values.get("attacks")
    if isinstance(found, dict) and found:
        chooser.put(norm, list(found))


def run_button(state: LabState, choice: Choice) -> None:
    """The one filled button. The click only leaves a mark: a callback would be given the choice of the run before."""
    own, request = state.blackbox, choice.request
    st.button(
        "Start the race", type="primary", icon=":material/flag:", key="b-run", disabled=request is None,
        width="stretch", shortcut="Ctrl+Enter", on_click=_press, args=(state,),
    )  # fmt: skip
    if request is not None and request.max_queries is not None:
        count = len(request.attacks)
        most = request.service.budget(request.max_queries)
        st.caption(f"{count} attack{'s' if count > 1 else ''}, at most {most:,} questions each. Each can be stopped.")
    if own.pressed and request is not None:
        own.request = request
        own.runs.again()
    own.pressed = False


def _press(state: LabState) -> None:
    state.blackbox.pressed = True


def show(state: LabState, choice: Choice, price: float, card: Card, look: Look | None) -> None:
    """The race that was started, if it was on this picture; before that, what there will be."""
    own = state.blackbox
    request = own.request
    if request is None or request.picture != state.picture.named(card):
        own.request = None
        own.runs.want({})
        _before(look, card)
        return
    image = state.picture.image
    digest = state.picture.digest
    own.runs.want({name: _task(request.of(name), digest, image) for name in request.attacks}, patience=0.5)
    if choice.request is not None and choice.request != request:
        st.caption("The controls have changed since; press Start the race.")
    st.fragment(_watch, run_every=pace() if own.runs.live else None)(state, price, card, own.runs.live)
    _afterwards(state, request, price, look)


def _task(asked: AttackRequest, digest: str, image: Image.Image) -> Task:
    return Task(asked.key(digest, "race"), partial(_work, asked, image))


def _work(asked: AttackRequest, image: Image.Image, job: Job[Trail]) -> Trail:
    def show(trail: Trail) -> None:
        job.show(trail)

    return work.run(asked, image, show, job.stopping)


def _watch(state: LabState, price: float, card: Card, was_live: bool) -> None:  # noqa: FBT001 - of a fragment
    own, request = state.blackbox, state.blackbox.request
    own.runs.go_on()
    if request is None or (was_live and not own.runs.live):
        st.rerun()
    entries, lines = _entries(state, request), _lines(state, request)
    title = card.title if request.model == card.name else request.model
    won = any(line.points for line in lines)
    words.heading(headline(entries, lines, price), _terms(state, request, title), "adversarial" if won else "")
    progress.bars(own.runs, request, "b", partial(_asking, price=price))
    course = Course(request.norm, request.eps, request.max_queries or _BUDGET, price)
    st.plotly_chart(
        races.race(lines, course, theme()), theme=None,
        key="b-race", config=dict(base.config("race")), alt=races.told(lines, request.norm),
    )  # fmt: skip


def _asking(job: Job[Any], *, price: float) -> tuple[str, float]:
    trail = job.draft
    if trail is None:
        return "starting…", 0.0
    cost = f", {races.money(trail.asked, price)}" if price else ""
    return f"{trail.asked:,} questions{cost}, {'improving' if trail.found else 'nothing found yet'}", trail.fraction


def _terms(state: LabState, request: CompareRequest, title: str) -> str:
    limits = interface.said(request.service)
    shown = f" The attacker is shown {limits}." if limits else ""
    return (
        f"“{state.picture.title}” on {title}; nobody sees a gradient, and each question is counted.{shown} Sizes are "
        "before rounding to 8 bits."
    )


def _trail(state: LabState, name: str) -> Trail:
    job = state.blackbox.runs.jobs.get(name)
    known = None if job is None else job.value or job.draft
    return known or Trail()


def _lines(state: LabState, request: CompareRequest) -> list[Line]:
    found = ((entry.title, _trail(state, entry.name)) for entry in _entries(state, request))
    return [Line(title, trail.points, trail.asked) for title, trail in found]


def _entries(state: LabState, request: CompareRequest) -> list[Entry]:
    runs = state.blackbox.runs
    return [Entry(name, request, _trail(state, name).outcome, runs.problem(name)) for name in request.attacks]


def _afterwards(state: LabState, request: CompareRequest, price: float, look: Look | None) -> None:
    """The pictures and the numbers of those that have ended, and what can be taken along."""
    own, entries = state.blackbox, _entries(state, request)
    if own.runs.live or not any(entry.word for entry in entries):
        return
    cards.cards(look, [own.runs.tasks[name].key for name in request.attacks], entries)
    head = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    head.html('<h3 class="section">In numbers</h3>', width="content")
    table.table(entries, {})
    found = {name: _trail(state, name) for name in request.attacks}
    with head.container(horizontal=True, width="content", gap="small"):
        for label, text, key in (
            ("Runs", compared.csv(entries, {}), "runs"),
            ("Curves", trails.csv(request, found, price), "curves"),
        ):
            st.download_button(label, text, f"race-{key}-{state.picture.stem}.csv", "text/csv",
                               icon=":material/table:", key=f"b-csv-{key}", on_click="ignore")  # fmt: skip


def _before(look: Look | None, card: Card) -> None:
    words.heading(
        "What can somebody do who sees only the answers?",
        "A model behind an interface shows no gradient. Attacks ask again and again instead, and every question "
        "is counted.",
    )
    parts = (
        ("flag", "A race", "Several attacks on one picture: how small the change becomes, question by question."),
        ("payments", "A price", "What the questions cost, at the price that a provider asks."),
        ("visibility_off", "Less to see", "Only the top classes, rounded, with noise, or so many a minute: the "
         "attacker gets no more than that."),
    )  # fmt: skip
    cards.before(look, card, parts)


class Page:
    """The race that is asked for; its controls are drawn where it is made.

    Attributes:
        said: the link to it; None where the controls say nothing possible.
        problem: why.
    """

    def __init__(self, state: LabState, card: Card) -> None:
        self._state, self._card = state, card
        self._choice, self._price = choose(state, card)
        self.problem = self._choice.problem
        request = self._choice.request
        self.said = None if request is None else links.query(request, self._price)
        with st.container(key="runbar"):
            run_button(state, self._choice)

    def show(self) -> None:
        """The picture, and what came of the race or will come."""
        look = lab.first_look(self._state, self._card)
        picker.picker(self._state, self._card, look)
        picker.problem(self._state)
        show(self._state, self._choice, self._price, self._card, look)
        if look is None:
            lab.wait_for(self._state)
