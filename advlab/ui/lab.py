"""The parts of the Attack Lab, in the order in which its page puts them."""

from html import escape

import streamlit as st

from advlab.core.request import AttackRequest
from advlab.models import Card
from advlab.serving.notes import seen, title
from advlab.serving.outcome import Look, Outcome, percent
from advlab.ui import beside as compare
from advlab.ui import charts, report, run, suited, take, viewer, work
from advlab.ui.pictures import Figure, figures
from advlab.ui.state import LabState

# Below this width of a column, in pixels, what stands side by side is stacked.
COLUMN = 330
# On a stage there is nothing but the result.
_BARE = """<style>
[data-testid=stSidebar], [data-testid=stHeader], [data-testid=stSidebarCollapsedControl],
[data-testid=stExpandSidebarButton] { display: none !important; }
[data-testid=stMainBlockContainer] { padding: 1.4rem 2.5rem 0 !important; max-width: none !important; }
</style>"""


def turn(state: LabState) -> None:
    """Take over the view that was chosen in the viewer. Before the address is written."""
    view = viewer.reported()
    if view is not None and view != state.reported:
        state.reported = state.view = view


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


def show_look(state: LabState, look: Look, card: Card) -> None:
    """The picture before any attack."""
    made = state.picture.made_by is not None
    word = "MADE HERE" if made else "BEFORE THE ATTACK"
    hint = "The model's answer to an adversarial picture." if made else "The model's answer. Press Run to change it."
    if state.job is not None:
        hint = "The attack is running."
    label = look.opinion.label
    st.html(
        f'<div class="verdict {"neutral" if made else "clean"}"><div class="word">{word}</div><div class="headline">'
        f'{escape(label)} <span class="share">{percent(look.opinion.confidence)}</span></div>'
        f'<div class="detail">{escape(hint)}</div></div>'
    )
    grid = st.grid(2, min_column_width=COLUMN, gap="large")
    with grid.cell():
        alt, about = f"The picture, which the model calls {label}", f"{seen(look.pixels)}."
        figures([Figure(look.pixels, label, "clean", about + _origin(state, look, card), alt)])
    with grid.cell():
        charts.opinion("What the model says", look.opinion)


def _origin(state: LabState, look: Look, card: Card) -> str:
    """What had to be done to an unusual picture before the model could see it."""
    width, height = state.picture.image.size
    seen_height, seen_width = look.pixels.shape[:2]
    said = []
    if min(width, height) * 2 <= min(seen_width, seen_height):
        said.append(f"It was enlarged from {width} × {height} pixels, so it is blurred.")
    if max(width, height) > 3 * min(width, height):
        said.append(f"It is cut from the middle of {width} × {height} pixels.")
    said += [*state.picture.remarks, suited.remark(state.picture, card)]
    return "".join(f" {sentence}" for sentence in said if sentence)


def show_outcome(state: LabState, outcome: Outcome, request: AttackRequest | None) -> None:
    """A finished run; a former one says so, and steps back while another is running."""
    running = state.job is not None
    beside = state.beside.request.model if state.beside else None
    if running or outcome.request != request or state.compare != beside:
        changed = "" if running else " The controls have changed since; press Run."
        st.caption(f"Previous run: {title(outcome.request)}, seed {outcome.request.seed}.{changed}")
    with st.container(key="previous" if running else "outcome"):
        if state.beside is None:
            _alone(state, outcome)
        else:
            compare.show(outcome, state.beside, lambda: _pictures(state, outcome))
        picture = state.find(outcome.request.picture)
        below = st.grid(2, min_column_width=COLUMN, gap="large")
        with below.cell():
            own = outcome.goal or outcome.truth or outcome.before.label
            charts.curve(outcome.curve, own, targeted=outcome.goal is not None,
                         where="" if outcome.crafted is None else ", on the sources")  # fmt: skip
            take.files_of(outcome, picture)
        with below.cell():
            if outcome.changed:
                go_on()
            if outcome.verdict.success:
                reality(outcome)


def _alone(state: LabState, outcome: Outcome) -> None:
    """The verdict in the largest text, the pictures, the numbers."""
    report.verdict(outcome)
    report.doubts(outcome)
    grid = st.grid(2, min_column_width=COLUMN, gap="large")
    with grid.cell():
        _pictures(state, outcome)
    with grid.cell():
        if outcome.changed:
            report.numbers(outcome)
            charts.opinion("Before the attack", outcome.before)
            charts.opinion("After the attack", outcome.after, clean=outcome.before.label, target=outcome.goal)
        else:
            charts.opinion("What the model says", outcome.before, target=outcome.goal)
        report.honesty(outcome)


def _pictures(state: LabState, outcome: Outcome) -> None:
    """The viewer; what its views need from the server is asked for when they are opened."""
    if not outcome.changed:
        report.only_picture(outcome)
        return
    name = work.name(outcome)
    line = checked = None
    if state.view == "strength":
        asked = work.line(outcome)
        line = asked.value if asked.wait(10) else None
        released = state.released.get(name)
        if released is not None:
            check = work.check(outcome, released)
            checked = check.value if check.wait(5) else None
        if asked.problem:
            st.error(asked.problem, icon=":material/error:")
    let_go = viewer.viewer(outcome, name, view=state.view, line=line, checked=checked, arrivals=state.arrivals)
    if let_go is not None:
        state.released = {name: let_go}
        st.rerun()


def go_on() -> None:
    """Pages that go on with this picture and this attack."""
    st.markdown("**Go on with this picture**")
    with st.container(horizontal=True, key="go-on"):
        st.page_link("pages/compare.py", label="Compare attacks", icon=":material/leaderboard:", width="content")
        st.page_link("pages/boundary.py", label="See the boundary", icon=":material/polyline:", width="content")
        st.page_link("pages/explain.py", label="Explain both", icon=":material/lightbulb:", width="content")
        st.page_link("pages/defend.py", label="Defend it", icon=":material/shield:", width="content")


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
    st.html(_BARE)
    with st.container(key="stage"):
        st.button("Back to the lab", icon=":material/close:", shortcut="Escape", key="leave", on_click=_present,
                  args=(state, False), type="tertiary")  # fmt: skip
        if state.beside is not None:
            compare.stage(outcome, state.beside)
            return
        report.verdict(outcome)
        report.doubts(outcome)
        if not outcome.changed:
            report.only_picture(outcome)
            return
        report.three(outcome)
        viewer.viewer(
            outcome, work.name(outcome), view="pair", views=("pair", "swipe", "blink"), key="stage-viewer", stage=True
        )


def running(state: LabState, problem: str | None) -> None:
    """What is said above the result: what the controls complain about, notices, and the progress of a run."""
    if problem:
        st.error(problem, icon=":material/error:")
    if state.notice:
        st.info(state.notice)
    if state.job is not None:
        run.watch(state)
