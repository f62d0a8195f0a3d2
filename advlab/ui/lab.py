"""The parts of the Attack Lab, in the order in which its page puts them."""

import streamlit as st

from advlab import attacks
from advlab.core.attack import Attack
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
_COLUMN = 340


def choose_picture(state: LabState) -> None:
    """The strip of samples and the upload."""
    row = st.container(horizontal=True, vertical_alignment="top")
    strip = row.container()
    with row.popover("Upload", icon=":material/upload:"):
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
    try:
        image = pictures.read(file.getvalue(), file.name)
    except AdvlabError as error:
        state.problem = str(error)
        return
    mine = Picture(f"upload:{pictures.digest(image)}", "Your picture", image)
    state.offered = {ref: p for ref, p in state.offered.items() if ref.startswith("sample:")} | {mine.ref: mine}
    _take(state, mine)


def _take(state: LabState, picture: Picture) -> None:
    """Another picture: what was found on the one before is no longer shown."""
    _leave(state)
    state.picture, state.outcome = picture, None


def _leave(state: LabState) -> None:
    if state.job is not None and state.job.live:
        work.stop(state.job)
    state.job = None


def start(state: LabState, request: AttackRequest) -> None:
    """Run: check the parameters at once, then hand the work over."""
    state.problem = None
    _leave(state)
    try:
        attacks.registry.get(request.attack).configured(request.parameters)
    except AdvlabError as error:
        state.problem = str(error)
        return
    state.job = work.attack(request, state.picture)


def run_buttons(state: LabState, request: AttackRequest, look: Look | None) -> None:
    """Run, Stop, and what a run will cost."""
    running = state.job is not None and state.job.live
    st.button(
        "Run attack", type="primary", icon=":material/bolt:", width="stretch", key="run",
        shortcut="Ctrl+Enter", on_click=start, args=(state, request),
    )  # fmt: skip
    st.button(
        "Stop", icon=":material/stop:", width="stretch", key="stop", disabled=not running, on_click=_stop, args=(state,)
    )
    st.caption(_cost(request, look))


def _stop(state: LabState) -> None:
    if state.job is not None:
        work.stop(state.job)


def _cost(request: AttackRequest, look: Look | None) -> str:
    try:
        attack: Attack = attacks.registry.get(request.attack).configured(request.parameters)
    except AdvlabError:
        return "One of the parameters is impossible; Run says which."
    queries, gradients = attack.cost(request.max_queries)
    counts = [f"{gradients:,} gradients"] if gradients else []
    counts.append(f"up to {queries:,} queries")
    if look is None:
        return " · ".join(counts)
    seconds = gradients * look.seconds_gradient + max(0, queries - gradients) * look.seconds_query
    device = "this CPU" if look.device == "cpu" else look.device
    return " · ".join(counts) + f" · about {_duration(seconds)} on {device}"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{max(seconds, 0.1):.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@st.fragment(run_every=0.3)
def watch(state: LabState) -> None:
    """How far the run is; when it ends, the page is drawn anew with its result."""
    job = state.job
    if job is None or not job.live:
        st.rerun()
    progress = job.progress
    if job.stopping():
        st.progress(progress.fraction if progress else 0.0, "Stopping…")
    elif job.status is Status.QUEUED:
        st.progress(0.0, f"Waiting: {work.jobs().ahead(job)} before you")
    elif progress is None:
        st.progress(0.0, "Loading the model…")
    else:
        found = "a candidate fools the model" if progress.fooled else "nothing found yet"
        st.progress(progress.fraction, f"Step {progress.step:,} · {progress.queries:,} queries · {found}")


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
    st.caption("Loading the model…")


def show_look(look: Look) -> None:
    """The picture before any attack."""
    grid = st.grid(2, min_column_width=_COLUMN, gap="large")
    with grid.cell():
        side = f"{look.pixels.shape[1]} × {look.pixels.shape[0]}"
        figures(
            [
                Figure(
                    look.pixels,
                    look.opinion.label,
                    "clean",
                    f"The {side} crop that the model sees. Press Run to attack it.",
                    f"The picture, which the model calls {look.opinion.label}",
                )
            ]
        )
    with grid.cell():
        st.html(
            f'<div class="verdict clean"><div class="word">BEFORE THE ATTACK</div><div class="headline">'
            f'{_safe(look.opinion.label)} <span class="share">{percent(look.opinion.confidence)}</span></div>'
            '<div class="detail">That is what the model sees in this picture.</div></div>'
        )
        charts.opinion("Top 5", look.opinion, charts.CLEAN)


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def show_outcome(outcome: Outcome, *, current: bool) -> None:
    """A finished run."""
    if not current:
        st.caption("This is the run before; the controls have changed since. Press Run for a new one.")
    report.verdict(outcome)
    report.pictures(outcome)
    grid = st.grid(2, min_column_width=_COLUMN, gap="large")
    with grid.cell():
        report.numbers(outcome)
        report.honesty(outcome)
        report.download(outcome)
        own = outcome.goal or outcome.before.label
        charts.curve(outcome.curve, own, targeted=outcome.goal is not None)
    with grid.cell():
        report.opinions(outcome)
