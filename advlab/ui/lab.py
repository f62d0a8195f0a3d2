"""The parts of the Attack Lab, in the order in which its page puts them."""

from html import escape

import streamlit as st

from advlab.core.request import AttackRequest
from advlab.models import Card
from advlab.serving.notes import title
from advlab.serving.outcome import Look, Outcome, percent
from advlab.ui import beside, charts, report, run, take, viewer, work
from advlab.ui.pictures import Figure, figures
from advlab.ui.state import LabState

# Below this width of a column, in pixels, what stands side by side is stacked.
COLUMN = 330


def first_look(state: LabState, card: Card) -> Look | None:
    """What the model says before any attack; None while it is being loaded."""
    exact = state.picture.named(card).startswith("exact:")
    state.look = work.look(card.name, state.picture, exact=exact)
    return state.look.value if state.look.wait(1.5) else None


@st.fragment(run_every=0.5)
def wait_for(state: LabState) -> None:
    """Draw the page again when the model has had its look, or say why it cannot."""
    job = state.look
    if job is None or job.value is not None:
        st.rerun()
    elif job.problem:
        st.error(job.problem, icon=":material/error:")
    else:
        st.caption("Loading the model…")


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
        st.caption(f"Previous run: {title(outcome.request)}, seed {outcome.request.seed}.{changed}")
    with st.container(key="previous" if running else "outcome"):
        report.verdict(outcome)
        grid = st.grid(2, min_column_width=COLUMN, gap="large")
        with grid.cell():
            _pictures(state, outcome)
        with grid.cell():
            report.numbers(outcome)
            charts.opinion("Top 5 before the attack", outcome.before)
            charts.opinion("Top 5 after the attack", outcome.after, clean=outcome.before.label, target=outcome.goal)
            report.honesty(outcome)
        if state.beside is not None:
            beside.show(outcome, state.beside)
        picture = state.find(outcome.request.picture)
        below = st.grid(2, min_column_width=COLUMN, gap="large")
        with below.cell():
            own = outcome.goal or outcome.truth or outcome.before.label
            charts.curve(outcome.curve, own, targeted=outcome.goal is not None)
            take.files_of(outcome, picture)
        with below.cell():
            if outcome.verdict.success:
                reality(outcome)


def _pictures(state: LabState, outcome: Outcome) -> None:
    """The viewer; what its views need from the server is asked for when they are opened."""
    if not outcome.changed:
        report.only_picture(outcome)
        return
    name = work.name(outcome)
    line = checked = None
    if viewer.chosen(state.view) == "strength":
        asked = work.line(outcome)
        line = asked.value if asked.wait(10) else None
        released = state.released.get(name)
        if released is not None:
            check = work.check(outcome, released)
            checked = check.value if check.wait(5) else None
    seen = viewer.viewer(outcome, name, view=state.view, line=line, checked=checked)
    if seen.view != state.view or seen.released is not None:
        state.view = seen.view
        if seen.released is not None:
            state.released = {name: seen.released}
            st.rerun()


def reality(outcome: Outcome) -> None:
    """Which everyday treatments the picture survives."""
    st.markdown("**Reality check**")
    job = work.survival(outcome)
    if job.wait(0.2):
        if job.value is not None:
            charts.survival(job.value, outcome)
        elif job.problem:
            st.caption(job.problem)
    else:
        _await_survival(outcome)


@st.fragment(run_every=0.4)
def _await_survival(outcome: Outcome) -> None:
    if not work.survival(outcome).live:
        st.rerun()
    st.caption("Saving it as JPEG, resizing, blurring, taking a screenshot…")
    st.skeleton(height=330)


def page_tools(state: LabState, request: AttackRequest | None) -> None:
    """Share and Present: at the top of the page, beside the pictures."""
    with st.container(horizontal=True, width="content", key="page-tools"):
        with st.popover("Link", icon=":material/link:"):
            take.share(state, request)
        if state.outcome is not None:
            st.button(
                "Present",
                icon=":material/present_to_all:",
                shortcut="p",
                key="present",
                on_click=_present,
                args=(state, True),
                help="For a projector: one pair of pictures, one sentence, three numbers.",
            )


def _present(state: LabState, on: bool) -> None:  # noqa: FBT001 - a callback's argument
    state.presenting = on


def present(state: LabState, outcome: Outcome) -> None:
    """For a projector: one pair of pictures, one sentence, three numbers; nothing else."""
    st.html("<style>[data-testid=stSidebar], [data-testid=stHeader], [data-testid=stSidebarCollapsedControl],"
            "[data-testid=stExpandSidebarButton] { display: none !important; }"
            "[data-testid=stMainBlockContainer] { padding-top: 1.6rem; }</style>")  # fmt: skip
    with st.container(key="stage"):
        report.verdict(outcome)
        grid = st.grid(2, min_column_width=420, gap="large")
        with grid.cell():
            if outcome.changed:
                viewer.viewer(outcome, work.name(outcome), views=("swipe", "pair", "blink"), key="stage-viewer")
            else:
                report.only_picture(outcome)
        with grid.cell():
            report.three(outcome)
        st.button("Back to the lab", icon=":material/close:", shortcut="Escape", key="leave", on_click=_present,
                  args=(state, False), type="tertiary")  # fmt: skip


def running(state: LabState) -> None:
    """What is said above the result: notices, and the progress of a run."""
    if state.notice:
        st.info(state.notice)
    if state.job is not None:
        run.watch(state)
