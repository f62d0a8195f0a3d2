"""The parts of the Attack Lab, in the order in which its page puts them."""

from html import escape
from pathlib import Path

import streamlit as st

from advlab import attacks, models
from advlab.core.request import AttackRequest
from advlab.data import pictures
from advlab.errors import AdvlabError
from advlab.serving.jobs import Status
from advlab.serving.outcome import Look, Outcome, percent
from advlab.ui import charts, report, work
from advlab.ui.gallery import gallery
from advlab.ui.pictures import Figure, figures
from advlab.ui.state import LabState, Picture

# Below this width of a column, in pixels, what stands side by side is stacked.
COLUMN = 300


def choose_picture(state: LabState) -> None:
    """The strip of samples and the upload."""
    row = st.container(horizontal=True, vertical_alignment="top")
    strip = row.container(width="content")
    # A new key after each upload, so that the popover closes.
    with row.popover("Upload", icon=":material/upload:", key=f"upload-{state.uploads}"):
        st.file_uploader(
            "A photo of your own",
            type=list(pictures.EXTENSIONS),
            max_upload_size=pictures.MAX_BYTES // 2**20,
            key="upload",
            on_change=_uploaded,
            args=(state,),
            help="It stays on this server, and only you see it.",
        )
    if state.problem:
        st.error(state.problem, icon=":material/error:")
    with strip:
        picked = gallery(list(state.offered.values()), state.picture.ref)
    if picked in state.offered and picked != state.picture.ref:
        _take(state, state.offered[picked])
        st.rerun()


def _uploaded(state: LabState) -> None:
    file = st.session_state["upload"]
    state.problem = None
    if file is None:
        return
    state.uploads += 1
    try:
        image = pictures.read(file.getvalue(), file.name)
    except AdvlabError as error:
        state.problem = str(error)
        return
    mine = Picture(f"upload:{pictures.digest(image)}", "Your picture", image, Path(file.name).stem)
    state.offered = {ref: p for ref, p in state.offered.items() if ref.startswith("sample:")} | {mine.ref: mine}
    _take(state, mine)


def _take(state: LabState, picture: Picture) -> None:
    """Another picture: what was found on the one before is no longer shown."""
    _leave(state)
    state.picture, state.outcome, state.problem, state.notice = picture, None, None, None


def read(values: dict[str, object]) -> tuple[AttackRequest | None, str | None]:
    """The request that the controls come to, or the sentence that says why there is none."""
    try:
        request = AttackRequest.checked(**values)
        attacks.registry.get(request.attack).configured(request.parameters)
    except AdvlabError as error:
        return None, str(error)
    return request, None


def run_buttons(state: LabState, request: AttackRequest | None, problem: str | None, look: Look | None) -> None:
    """Run, Stop, and what a run will cost; they stay in sight however long the controls are.

    The click only leaves a mark: a callback would be given the request of the run before, without what
    was typed just now.
    """
    with st.container(key="runbar"):
        if problem:
            st.error(problem)
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
        if state.pressed:
            state.pressed = False
            _start(state, request)
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
        if request is not None:
            st.caption(_cost(request, look))


def _press(state: LabState) -> None:
    state.pressed = True


def _start(state: LabState, request: AttackRequest | None) -> None:
    if request is None:
        return
    _leave(state)
    state.problem = state.notice = None
    state.job, state.running = work.attack(request, state.picture), request


def _leave(state: LabState) -> None:
    """The run is of no more interest; it ends unless somebody else waits for it."""
    if state.job is not None and state.job.live:
        work.stop(state.job)
    state.job = None


def _give_up(state: LabState) -> None:
    """Stop: the run brings what it has found, or goes on for others only."""
    if state.job is None or work.stop(state.job):
        return
    state.job = None
    state.notice = "Stopped for you. Somebody else runs the same attack, so it goes on for them."


def _cost(request: AttackRequest, look: Look | None) -> str:
    attack = attacks.registry.get(request.attack).configured(request.parameters)
    queries, gradients = attack.cost(request.max_queries)
    counts = [_count(gradients, "gradient")] if gradients else []
    counts.append("up to " + _count(queries, "query"))
    if look is None:
        return " · ".join(counts)
    seconds = gradients * look.seconds_gradient + max(0, queries - gradients) * look.seconds_query
    device = "this CPU" if look.device == "cpu" else look.device
    return " · ".join(counts) + f" · about\u00a0{_duration(seconds)} on {device}"


def _count(number: int, noun: str) -> str:
    plural = noun if number == 1 else {"query": "queries"}.get(noun, noun + "s")
    return f"{number:,}\u00a0{plural}"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{max(seconds, 0.1):.1f}\u00a0s"
    return f"{seconds:.0f}\u00a0s" if seconds < 120 else f"{seconds / 60:.0f}\u00a0min"


@st.fragment(run_every=0.3)
def watch(state: LabState) -> None:
    """How far the run is; when it ends, the page is drawn anew with its result."""
    job = state.job
    if job is None or not job.live:
        st.rerun()
    name = report.title(state.running) if state.running else ""
    progress = job.progress
    if job.stopping():
        st.progress(progress.fraction if progress else 0.0, f"{name}: stopping…")
    elif job.status is Status.QUEUED:
        st.progress(0.0, f"{name}: waiting, {work.jobs().ahead(job)} before you")
    elif progress is None:
        st.progress(0.0, f"{name}: starting…")
    else:
        found = "found one that fools the model, improving" if progress.fooled else "nothing found yet"
        steps = f"step {progress.step:,}, {_count(progress.queries, 'query')}"
        st.progress(progress.fraction, f"{name}: {steps}, {found}")


def collect(state: LabState) -> None:
    """Take over what the job brought, once."""
    job = state.job
    if job is None or job.live:
        return
    state.outcome, state.problem = job.value or state.outcome, job.problem
    state.job = None


def first_look(state: LabState, model: str) -> Look | None:
    """What the model says before any attack; None while it is being loaded."""
    job = work.look(model, state.picture)
    if not job.wait(1.5):
        return None
    if job.problem:
        state.problem = job.problem
    return job.value


@st.fragment(run_every=0.5)
def wait_for(model: str, state: LabState) -> None:
    """Draw the page again when the model has had its look."""
    if not work.look(model, state.picture).live:
        st.rerun()
    st.caption(f"Loading {models.card(model).title}…")


def show_look(look: Look) -> None:
    """The picture before any attack."""
    label, side = look.opinion.label, f"{look.pixels.shape[1]} × {look.pixels.shape[0]}"
    st.html(
        '<div class="verdict clean"><div class="word">BEFORE THE ATTACK</div><div class="headline">'
        f'{escape(label)} <span class="share">{percent(look.opinion.confidence)}</span></div>'
        '<div class="detail">The model\'s answer. Press Run to change it.</div></div>'
    )
    grid = st.grid(2, min_column_width=COLUMN, gap="large")
    with grid.cell():
        alt = f"The picture, which the model calls {label}"
        figures([Figure(look.pixels, label, "clean", f"The {side} crop that the model sees.", alt)])
    with grid.cell():
        charts.opinion("Top 5", look.opinion)


def show_outcome(state: LabState, outcome: Outcome, request: AttackRequest | None) -> None:
    """A finished run; a former one says so, and steps back while another is running."""
    running = state.job is not None
    if running or outcome.request != request:
        changed = "" if running else " The controls have changed since; press Run."
        st.caption(f"Previous run: {report.title(outcome.request)}, seed {outcome.request.seed}.{changed}")
    with st.container(key="previous" if running else "outcome"):
        report.show(outcome, state.offered.get(outcome.request.picture, state.picture))
