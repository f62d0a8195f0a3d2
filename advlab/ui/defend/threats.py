"""Threats that nobody trained a network for, on the page: one table of networks and what each withstands."""

from collections.abc import Mapping

import streamlit as st

from advlab.core.norms import Norm
from advlab.evaluation.unforeseen import THREATS, TITLES, Radii
from advlab.models import Card
from advlab.serving.defend import threats as work
from advlab.serving.defend.request import ThreatsRequest
from advlab.serving.defend.sets import Brought
from advlab.serving.defend.threats import Threats
from advlab.serving.exports import threats as files
from advlab.serving.figures import base, threats
from advlab.ui import tasks, words
from advlab.ui.boundary.show import theme
from advlab.ui.defend import begin, source
from advlab.ui.defend.controls import networks
from advlab.ui.state import LabState

_VIEW = "threats"
_QUESTION = "Robust against what?"
# Of pictures, and of steps.
_MOST = 1000
# No picture changes by more, L∞ being in 255ths.
_NEAREST, _FARTHEST = 0.001, {Norm.LINF: 255.0, Norm.L2: 500.0, Norm.L1: 200_000.0}


def controls(card: Card, cards: Mapping[str, Card], brought: Brought | None) -> ThreatsRequest:
    """Which networks, how far the attackers may go, and on how many pictures."""
    beside = networks(card, cards)
    count = st.number_input("How many pictures", 1, _MOST, 20, key="d-threats-count", persist_state="session")
    with st.expander("Radii, steps and seed", key="d-threats-more", on_change="ignore"):
        radii = {norm.value: _radius(card, norm) for norm in _FARTHEST}
        steps = st.number_input("Steps of the attacks", 1, _MOST, 20, key="d-threats-steps", persist_state="session")
        seed = st.number_input("Seed", 0, value=0, key="d-threats-seed", persist_state="session")
    return ThreatsRequest.checked(
        picture=source.named(brought), model=card.name, networks=tuple(beside), **radii, steps=int(steps),
        seed=int(seed), count=int(count),
    )  # fmt: skip


def _radius(card: Card, norm: Norm) -> float:
    """Where nobody says otherwise, what is usual for such pictures."""
    parts = 255 if norm is Norm.LINF else 1
    radius = st.number_input(
        f"ε in {norm.symbol}" + (", in 1/255" if norm is Norm.LINF else ""), _NEAREST, _FARTHEST[norm],
        round(parts * Radii.usual(card.input_size).of(norm), 6), format="%g", key=_key(card, norm),
        persist_state="session",
    )  # fmt: skip
    return radius / parts


def _key(card: Card, norm: Norm) -> str:
    return f"d-{norm.value}-{card.name}"


def put(card: Card, values: Mapping[str, object]) -> None:
    """Set them by what a link says, each to the nearest that it can be."""
    box = st.session_state
    for name in ("count", "steps", "seed"):
        if isinstance(number := values.get(name), int):
            box[f"d-threats-{name}"] = number if name == "seed" else min(number, _MOST)
    for norm, farthest in _FARTHEST.items():
        if isinstance(radius := values.get(norm.value), float):
            parts = 255 if norm is Norm.LINF else 1
            box[_key(card, norm)] = min(max(round(parts * radius, 6), _NEAREST), farthest)


def run(state: LabState, request: ThreatsRequest | None) -> None:
    """The button."""
    rows = 0 if request is None else len(request.names)
    begin.button(state, _VIEW, "Try all threats", request,
                 f"{rows} network{'s' if rows != 1 else ''}, each clean and under {len(THREATS) - 1} threats; you can "
                 "stop at any time.")  # fmt: skip


def show(state: LabState, request: ThreatsRequest | None, brought: Brought | None) -> None:
    """The table, if somebody started it; before that, what it will say."""
    own = state.defend.threats
    if request is None or not begin.wanted(
        state, _VIEW, request, own, lambda job: work.compare(request, brought, job.show, job.stopping)
    ):
        words.heading(
            _QUESTION,
            "A network that was trained against one kind of change has not met the others. Each is tried on every "
            "network, and each share comes with its 95% interval.",
        )
        words.promise(
            ("bolt", "Three attacks", "PGD in L∞, L2 and L1: a little on every value, or much on a few."),
            ("rotate_right", "Turned and moved", "The worst of a grid of small rotations and shifts, without any "
             "noise."),
            ("foggy", "Corrupted", "Noise, blur, weather and the like at five strengths: nobody's intent, and no "
             "worst case."),
        )  # fmt: skip
        return
    tasks.watch(lambda: _drawn(state), own, _VIEW)


def _drawn(state: LabState) -> None:
    there = begin.arrived(state.defend.threats, _VIEW, "Drawing pictures, loading networks…", "d-threats")
    if there is None:
        return
    job, found = there
    _headline(found, live=job.live)
    if job.live:
        tasks.progress(job, f"Trying {found.now}…", found.done, "d-threats")
    st.plotly_chart(threats.cells(found, theme()), theme=None, key="d-threats-cells",
                    config=dict(base.config("threats")), alt=_told(found))  # fmt: skip
    if not job.live:
        _settings(found)
        _take(found)


def _headline(found: Threats, *, live: bool) -> None:
    detail = f"Right answers with 95% intervals, in %, on {found.data.rule}."
    if live:
        words.heading(_QUESTION, f"{detail} Still under way.")
    else:
        stopped = "" if found.complete else " Stopped early: what is empty was not tried."
        words.heading(found.sentence, detail + stopped, "adversarial" if found.complete else "")


def _told(found: Threats) -> str:
    return "; ".join(
        f"{name}: " + ", ".join(f"{TITLES[line.threat]} {line.share:.0%}" for line in lines)
        for name, lines in zip(found.titles, found.lines.values(), strict=False)
    )


def _settings(found: Threats) -> None:
    """What each column is, and which numbers prove nothing."""
    first = found.lines.get(found.request.model, ())
    said = [f"{TITLES[line.threat].capitalize()}: {line.details}" for line in first if line.details]
    if said:
        st.caption(". ".join(said) + ".")
    for title, lines in zip(found.titles, found.lines.values(), strict=False):
        for line in lines:
            if line.masked:
                st.warning(
                    f"**{title}**, {TITLES[line.threat]}: {line.masked} pictures withstood an attack whose gradients "
                    "were mostly zero, which proves nothing.", icon=":material/info:",
                )  # fmt: skip


def _take(found: Threats) -> None:
    st.download_button("Numbers", files.csv(found.lines), "threats.csv", "text/csv", icon=":material/table:",
                       key="d-threats-csv", on_click="ignore",
                       help="Each kind of corruption has a line of its own.")  # fmt: skip
