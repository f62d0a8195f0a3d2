"""The slice on the page: a sentence, the map, what a click finds, and what can be taken along."""

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from advlab.analysis.boundary import Array
from advlab.serving.exports import slices as files
from advlab.serving.figures import base, slices, surface
from advlab.serving.figures.axes import factor
from advlab.serving.figures.colours import DARK, LIGHT, Theme, of_classes
from advlab.serving.geometry import words
from advlab.serving.geometry.landscape import Landscape
from advlab.serving.jobs import Job
from advlab.serving.outcome import percent, size
from advlab.ui import tasks
from advlab.ui.boundary import jobs, picked
from advlab.ui.boundary.controls import Choice
from advlab.ui.state import LabState

VIEWS = {
    "class": "Regions",
    "margin": "Margin",
    "loss": "Loss surface",
    "random": "Random directions",
    "climb": "What training sees",
}
# The height of a figure beside another one, in pixels.
_HALF = 490
# Those that draw the slice.
SLICED = ("class", "margin", "loss")


def theme() -> Theme:
    """The page's."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def view() -> str:
    """Which figure; they are drawn when they are chosen."""
    return st.segmented_control(
        "View", list(VIEWS), default="class", required=True, format_func=VIEWS.__getitem__, key="p-view",
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip


def said(what: words.Said) -> None:
    """The largest text of the page."""
    st.html(
        f'<div class="verdict clean" role="status" aria-live="polite"><div class="headline">{escape(what.headline)}'
        f'</div><div class="detail">{escape(what.detail)}</div></div>'
    )


def slice_view(state: LabState, choice: Choice, how: str) -> None:
    """The slice of one or two models, level by level while it is being computed."""
    own = state.boundary
    if own.picked_in != choice.request:
        own.picked, own.picked_in = None, choice.request
    own.tasks.want(jobs.slices(choice))
    tasks.watch(lambda: _slice(state, choice, how), own.tasks, "slice")


def _slice(state: LabState, choice: Choice, how: str) -> None:
    own = state.boundary.tasks
    if state.boundary.leaving:  # a button of this part of the page has changed all of it
        st.rerun()
    tasks.failures(own)
    lands = [land for job in own.jobs.values() if (land := job.value or job.draft) is not None]
    if lands:
        _drawn(state, choice, how, lands)
    for place, job in enumerate(own.jobs.values()):
        if job.live:
            _progress(job, f"slice-{place}")


def _progress(job: Job[Landscape | None], key: str) -> None:
    land = job.draft
    if land is None:
        tasks.progress(job, "Looking at the plane…", 0.0, key)
        return
    lines, wanted = len(land.slice.lines), land.request.resolution
    text = f"{land.title}: {lines} × {lines} points, {land.slice.asked:,} asked about; refining near the boundary…"
    tasks.progress(job, text, lines / wanted if lines < wanted else 0.97, key)


def _drawn(state: LabState, choice: Choice, how: str, lands: list[Landscape]) -> None:
    runs = list(choice.materials.runs.values())
    colours = of_classes(lands, runs[0].after.label if runs else None, runs[0].goal if runs else None)
    told = [words.of_slice(land, *choice.titles) for land in lands]
    said(words.of_both(lands[0], lands[1]) if len(lands) > 1 else told[0])
    at = None if state.boundary.picked is None else np.array(state.boundary.picked)
    figures = _figures(how, lands, colours, choice.titles, at)
    if len(figures) > 1:
        for figure in figures:
            figure.update_layout(height=_HALF)
    if len(lands) == 1:
        with st.container(key="p-one"):
            left, right = st.columns([7, 4], gap="large")
        with left:
            _chart(state, how, lands[0], figures[0], 0)
            _under(lands[0], how, colours)
        with right:
            picked.panel(state, choice, lands)
    else:
        grid = st.grid(2, min_column_width=330, gap="medium")
        for place, (land, figure) in enumerate(zip(lands, figures, strict=True)):
            with grid.cell():
                st.html(
                    f'<div class="transfer"><b>{escape(land.title)}: {escape(told[place].headline)}.</b> '
                    f"{escape(told[place].detail)}</div>"
                )
                _chart(state, how, land, figure, place)
                _under(land, how, colours)
        picked.panel(state, choice, lands)
    _take(choice, lands, figures)


def _figures(
    how: str, lands: Sequence[Landscape], colours: Mapping[int, str], titles: tuple[str, str], at: Array | None
) -> list[go.Figure]:
    if how == "margin":
        most = max(slices.most(land) for land in lands)
        return [slices.margin_map(land, theme(), titles, at, most) for land in lands]
    if how == "loss":
        highest = max(float(land.slice.values["loss"].max()) for land in lands)
        return [surface.loss_surface(land, colours, theme(), highest) for land in lands]
    return [slices.regions_map(land, colours, theme(), titles, at) for land in lands]


def _chart(state: LabState, how: str, land: Landscape, figure: go.Figure, place: int) -> None:
    key = f"slice-{how}-{place}"
    name = f"boundary-{land.model}"
    alt = _alt(land)
    if how == "loss":
        st.plotly_chart(figure, theme=None, key=key, config=dict(base.config(name)), alt=alt)
        return
    event = st.plotly_chart(
        figure, theme=None, key=key, config=dict(base.config(name)), alt=alt, on_select="rerun",
        selection_mode="points",
    )  # fmt: skip
    points = event.selection.points
    if points:
        scale = factor(land.request.norm)
        at = (float(points[0]["x"]) / scale, float(points[0]["y"]) / scale)
        if at != state.boundary.picked:
            state.boundary.picked = at
            st.rerun(scope="fragment")


def _alt(land: Landscape) -> str:
    areas = sorted(((land.share(index), name) for index, name in land.names.items()), reverse=True)
    parts = "; ".join(f"{name} {percent(share)}" for share, name in areas[:6])
    return f"A slice of what {land.title} answers around the picture. Shares of the area: {parts}."


def _under(land: Landscape, how: str, colours: Mapping[int, str]) -> None:
    """What the lines mean, the colours where there are no words in the figure, and what it cost."""
    if how == "loss":
        marks = "".join(
            f'<span><i style="background:{colour}"></i>{escape(name)}</span>'
            for name, colour in surface.legend(colours, land.names)
        )
        st.html(f'<div class="keys"><span>Height: loss of the clean class</span>{marks}</div>')
    norm, asked, total = land.request.norm, land.slice.asked, len(land.slice.lines) ** 2
    parts = [] if how == "loss" else ["Thick line: where the clean class ends. Click a point to see its picture."]
    if how != "loss" and land.box is not None:
        parts.append("Hatched: no picture, since a value would be darker than black or brighter than white.")
    if how != "loss":
        parts += [
            f"{path.name}: on its way off the plane by up to {size(norm, float(path.off.max()))}, at its end by "
            f"{size(norm, float(path.off[-1]))}."
            for path in land.paths
        ]
    parts.append(f"{asked:,} of {total:,} points asked about ({asked / total:.0%}), {land.seconds:.1f} s.")
    st.caption(" ".join(parts))


def _take(choice: Choice, lands: Sequence[Landscape], figures: Sequence[go.Figure]) -> None:
    """The slice as a table and as files."""
    with st.container(horizontal=True, key="p-files", vertical_alignment="center"):
        as_table = st.toggle("As a table", key="p-table", persist_state="session")
        for land in lands:
            which = f" · {land.title}" if len(lands) > 1 else ""
            st.download_button(
                f"CSV{which}", partial(files.csv, land), f"boundary-{land.model}.csv", "text/csv",
                icon=":material/download:", on_click="ignore", key=f"p-csv-{land.model}",
                help="Every point: position, class, margin, probability, loss, and whether it was asked about.",
            )  # fmt: skip
        st.download_button(
            "HTML", lambda: files.html(lands, figures, words.of_slice(lands[0], *choice.titles)),
            "boundary.html", "text/html", icon=":material/download:", on_click="ignore", key="p-html",
            help="The figures as one file that opens without the internet. For a PNG: the camera over each figure.",
        )  # fmt: skip
    if as_table:
        for land in lands:
            st.dataframe(files.table(land), hide_index=True, width="stretch")
