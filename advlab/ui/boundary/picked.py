"""What a click in the map finds: the picture there, what is said of it, and how to go on with it."""

from collections.abc import Sequence

import streamlit as st

from advlab.core.norms import Norm
from advlab.data import uploads
from advlab.serving.geometry.landscape import Landscape
from advlab.serving.geometry.point import Point
from advlab.serving.geometry.request import Direction
from advlab.serving.outcome import percent, size
from advlab.ui import charts, picker
from advlab.ui.boundary import jobs
from advlab.ui.boundary.controls import Choice
from advlab.ui.pictures import Figure, figures
from advlab.ui.state import LabState, Picture

LAB, HERE = "pages/lab.py", "pages/boundary.py"


def panel(state: LabState, choice: Choice, lands: Sequence[Landscape]) -> None:
    """The clicked point; before any click, where the attack ended."""
    position = state.boundary.picked or _first(lands[0])
    job = jobs.point_of(choice, position)
    if job is None:
        return
    if not job.wait(2):
        st.caption("Asking about this point…")
        return
    if job.problem or job.value is None:
        st.error(job.problem or "This point cannot be shown.", icon=":material/error:")
        return
    _show(state, choice, job.value, lands)


def _first(land: Landscape) -> tuple[float, float]:
    """Where an attack ended, or the picture itself."""
    if land.paths:
        across, up = land.paths[0].positions[-1]
        return float(across), float(up)
    return 0.0, 0.0


def _show(state: LabState, choice: Choice, point: Point, lands: Sequence[Landscape]) -> None:
    land, norm = lands[0], lands[0].request.norm
    answer = point.opinions[0]
    clean = answer.index == land.clean
    across, up = (_signed(norm, value) for value in point.position)
    where = f"The picture at {across} across, {up} up"
    change = f"largest change {size(Norm.LINF, point.sizes['linf'])}"
    clipped = f"; {percent(point.outside)} of its values were cut to black or white" if point.outside else ""
    with st.container(key="p-point"):
        columns = st.grid(1 if len(lands) == 1 else 2, min_column_width=300, gap="large")
        with columns.cell():
            tag = f"{answer.label} {percent(answer.confidence)}"
            figures([Figure(point.pixels, tag, "clean" if clean else "adversarial", f"{where}: {change}{clipped}.",
                            f"{where}, which the model calls {answer.label}")])  # fmt: skip
            with st.container(horizontal=True):
                st.button("Use this picture", icon=":material/image:", key="p-use", on_click=_use,
                          args=(state, point, HERE), help="It becomes the picture of all pages.")  # fmt: skip
                st.button("Start an attack here", icon=":material/bolt:", key="p-attack", on_click=_use,
                          args=(state, point, LAB), help="The Attack Lab with this picture.")  # fmt: skip
        with columns.cell():
            says = dict(zip(choice.models, point.opinions, strict=True))
            for one in lands:  # a second slice may still be on its way
                opinion = says[one.model]
                title = "What the model says there" if len(lands) == 1 else one.title
                charts.opinion(title, opinion, clean=land.names[land.clean])


def _signed(norm: Norm, value: float) -> str:
    """A position; what is less than a tenth of a level is none."""
    tiny = abs(value) < 0.1 / 255 if norm is Norm.LINF else abs(value) < 0.005
    return "0" if tiny else f"{'−' if value < 0 else ''}{size(norm, abs(value))}"


def _use(state: LabState, point: Point, page: str) -> None:
    """The point as a picture of the visitor's own, pixel by pixel; a page goes on with it."""
    upload = uploads.take(point.png, "point.png")
    mine = Picture(f"upload:{upload.digest}", "A point of a slice", upload, "point", "point.png", exact=True)
    state.keep(mine)
    state.boundary.tasks.want({})
    picker.take(state, mine)
    state.boundary.picked, state.boundary.leaving = None, page
    for axis in ("p-across", "p-up"):
        if str(st.session_state.get(axis)).startswith(Direction.ATTACK):  # it was on the picture before
            del st.session_state[axis]


def go_on(state: LabState) -> None:
    """To the page that goes on with another picture; on this one all is drawn anew. At the top of the page."""
    page, state.boundary.leaving = state.boundary.leaving, None
    if page == LAB:
        st.switch_page(LAB)
