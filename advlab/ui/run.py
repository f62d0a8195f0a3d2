"""Run and Stop, what a run will cost, and how far it is."""

import time

import streamlit as st

from advlab import attacks, models
from advlab.core.request import AttackRequest
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving import crafting
from advlab.serving.jobs import Job, Status
from advlab.serving.notes import title
from advlab.serving.outcome import Look, Outcome
from advlab.ui import crafted, work
from advlab.ui.state import LabState

# Seconds that nobody notices; a longer run shows its progress.
_INSTANT = 0.35
# Two networks, one behind the other, are worth a moment more.
_BOTH = 1.2


def read(values: dict[str, object]) -> tuple[AttackRequest | None, str | None]:
    """The request that the controls come to, or the sentence that says why there is none."""
    if values.get("sources", ()) is None:
        return None, crafted.MISSING
    try:
        request = AttackRequest.checked(**values)
        attacks.registry.get(request.attack).configured(request.parameters)
        crafting.check(request)
    except AdvlabError as error:
        return None, str(error)
    return request, None


def buttons(state: LabState, request: AttackRequest | None, look: Look | None, twin: Card | None = None) -> None:
    """Run, the same on the model's twin, Stop, and what a run will cost; they stay in sight however long the controls.

    The click only leaves a mark: a callback would be given the request of the run before, without what
    was typed just now.
    """
    with st.container(key="runbar"):
        st.button(
            "Run attack",
            type="primary",
            icon=":material/bolt:",
            width="stretch",
            key="run",
            shortcut="Ctrl+Enter",
            on_click=_press,
            args=(state,),
        )
        if twin is not None and (request is None or twin.name not in request.sources):
            _twin(state, twin)
        if state.pressed:
            state.pressed = False
            start(state, request)
        live = state.job is not None and state.job.live
        st.button(
            "Stop",
            icon=":material/stop:",
            width="stretch",
            key="stop",
            disabled=not live,
            on_click=_give_up,
            args=(state,),
        )
        if request is None:
            st.caption(":material/error: A control has an impossible value: see the top of the page.")
        else:
            st.caption(_cost(request, look) + (", and again for the second model" if state.compare else ""))


def _press(state: LabState) -> None:
    state.pressed = True


def _twin(state: LabState, twin: Card) -> None:
    """One click puts the twin beside the model and attacks both; another takes it away."""
    if state.compare == twin.name:
        st.button("Without its twin", icon=":material/close:", width="stretch", key="twin", on_click=_alone,
                  args=(state,))  # fmt: skip
        return
    kind = "undefended" if twin.shipped and twin.shipped.standard else "robust"
    st.button(
        f"Compare with its {kind} twin",
        icon=":material/compare_arrows:",
        width="stretch",
        key="twin",
        on_click=_with,
        args=(state, twin.name),
        help=f"The same attack on {twin.title}, side by side.",
    )


def _with(state: LabState, name: str) -> None:
    st.session_state["with"] = name
    state.pressed = True


def _alone(state: LabState) -> None:
    st.session_state["with"] = state.beside = None


def start(state: LabState, request: AttackRequest | None) -> None:
    """Attack the visitor's picture, and the same on a second model where one is compared."""
    if request is None:
        return
    leave(state)
    state.problem = state.notice = None
    try:
        job = work.attack(request, state.picture)
        second = None
        if state.compare is not None:
            picture = state.picture.named(models.card(state.compare))
            second = work.attack(request.model_copy(update={"model": state.compare, "picture": picture}), state.picture)
    except AdvlabError as error:
        state.problem = str(error)
        return
    state.job, state.second, state.running = job, second, request
    # What takes an instant is shown at once, without a progress bar that flashes by.
    until = time.monotonic() + (_INSTANT if second is None else _BOTH)
    for one in (job, second):
        if one is not None:
            one.wait(max(0.0, until - time.monotonic()))
    collect(state)
    if state.presenting and state.job is None:
        st.rerun()


def leave(state: LabState) -> None:
    """The run is of no more interest; it ends unless somebody else waits for it."""
    for job in (state.job, state.second):
        if job is not None and job.live:
            work.stop(job)
    state.job = state.second = None


def _give_up(state: LabState) -> None:
    """Stop: the run brings what it has found, or goes on for others only."""
    if state.second is not None:
        work.stop(state.second)
    if state.job is None or work.stop(state.job):
        return
    state.job = state.second = None
    state.notice = "Stopped for you. Somebody else runs the same attack, so it goes on for them."


def _cost(request: AttackRequest, look: Look | None) -> str:
    attack = attacks.registry.get(request.attack).configured(request.parameters)
    queries, gradients = attack.cost(request.max_queries)
    counts = [_count(gradients, "gradient")] if gradients else []
    counts.append(_count(queries, "query" if not request.sources else "pass"))
    most = f"Up to {' and '.join(counts)}"
    models_asked = max(1, len(request.sources))
    if request.sources:
        each = " each" if models_asked > 1 else ""
        most = f"One\u00a0query. {most} through {_count(models_asked, 'source')}{each}"
    if look is None:
        return most
    one = gradients * look.seconds_gradient + max(0, queries - gradients) * look.seconds_query
    seconds = models_asked * one  # of the same family, as a rule
    device = "this CPU" if look.device == "cpu" else look.device
    return f"{most} · about\u00a0{_duration(seconds)} on {device}"


def _count(number: int, noun: str) -> str:
    plural = noun if number == 1 else {"query": "queries", "pass": "passes"}.get(noun, noun + "s")
    return f"{number:,}\u00a0{plural}"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{max(seconds, 0.1):.1f}\u00a0s"
    return f"{seconds:.0f}\u00a0s" if seconds < 120 else f"{seconds / 60:.0f}\u00a0min"


def live(state: LabState) -> bool:
    """Whether somebody has to wait."""
    return any(job is not None and job.live for job in (state.job, state.second))


def watch(state: LabState) -> None:
    """How far the run is; when it ends, the page is drawn anew with its result."""
    st.fragment(_watch, run_every=work.pace())(state)


def _watch(state: LabState) -> None:
    if not live(state):
        st.rerun()
    name = title(state.running) if state.running else ""
    if state.job is not None and state.job.live:
        _tell(state, state.job, name)
    elif state.second is not None:
        _tell(state, state.second, f"{name}, second model")


def _tell(state: LabState, job: Job[Outcome], name: str) -> None:
    progress = job.progress
    if job.stopping():
        st.progress(progress.fraction if progress else 0.0, f"{name}: stopping…")
    elif job.status is Status.QUEUED:
        st.progress(0.0, f"{name}: waiting, {work.jobs().ahead(job)} before you")
    elif progress is None:
        st.progress(0.0, f"{name}: starting…")
    else:
        targeted = state.running is not None and state.running.target is not None
        crafting_it = state.running is not None and bool(state.running.sources)
        fools = "fools what it is made on" if crafting_it else "fools the model"
        reaches = "reaches the target" if targeted else fools
        found = f"found one that {reaches}, improving" if progress.fooled else "nothing found yet"
        steps = f"step {progress.step:,}, {_count(progress.queries, 'query')}"
        st.progress(progress.fraction, f"{name}: {steps}, {found}")


def collect(state: LabState) -> None:
    """Take over what the jobs brought, once both have ended."""
    if state.job is None or live(state):
        return
    state.outcome, state.problem = state.job.value or state.outcome, state.job.problem
    state.beside = state.second.value if state.second is not None else None
    for outcome in (state.beside, state.job.value):
        if outcome is not None:
            state.remember(work.name(outcome), outcome)
    if state.second is not None and state.second.problem and not state.problem:
        state.problem = state.second.problem
    state.job = state.second = None
