"""The table of defenses: what it comes to, the table, a cell that is opened, what can be taken along."""

from html import escape

import streamlit as st

from advlab.serving.defend import matrix
from advlab.serving.defend.matrix import Matrix
from advlab.serving.defend.row import Cell, Row, Standing
from advlab.serving.exports import defended
from advlab.serving.exports.defended import COLUMNS
from advlab.serving.jobs import Job
from advlab.serving.outcome import size
from advlab.ui import charts, tasks
from advlab.ui.defend import table
from advlab.ui.defend.controls import Choice
from advlab.ui.pictures import Figure, change, figures
from advlab.ui.state import LabState
from advlab.ui.tasks import Task


def run_button(state: LabState, choice: Choice) -> None:
    """The one filled button, and what it will do."""
    request = choice.request
    rows = 0 if request is None else 1 + len(request.defenses) + len(request.networks)
    st.button(
        "Attack them all", type="primary", icon=":material/bolt:", key="d-run", disabled=request is None,
        on_click=_start, args=(state, choice), width="stretch",
    )  # fmt: skip
    if rows:
        st.caption(f"{rows} rows, two attacks each. Results arrive one by one; you can stop at any time.")


def _start(state: LabState, choice: Choice) -> None:
    state.defend.started["one"], state.defend.opened = _key(state, choice), None


def _key(state: LabState, choice: Choice) -> str | None:
    return None if choice.request is None else choice.request.key(state.picture.digest, "defend")


def comparison(state: LabState, choice: Choice) -> None:
    """The table, if somebody started it; before that, what it will say."""
    own, key, request = state.defend, _key(state, choice), choice.request
    if request is None or key is None or own.started.get("one") != key:
        own.table.want({})
        _before()
        return
    image = state.picture.image
    own.table.want({"table": Task(key, lambda job: matrix.fill(request, image, job.show, job.stopping))}, patience=1.0)
    tasks.watch(lambda: _table(state), own.table, "defend")


def _before() -> None:
    st.html(
        '<div class="verdict" role="status"><div class="headline">A defense counts against who knows it</div>'
        '<div class="detail">Each one is attacked twice: by somebody who has never heard of it, and by somebody who '
        "has read its code. Only the second one is evidence.</div></div>"
    )


def _table(state: LabState) -> None:
    own = state.defend
    tasks.failures(own.table)
    job = own.table.jobs.get("table")
    if job is None:
        return
    found: Matrix | None = job.value or job.draft
    if found is not None:
        _headline(found, live=job.live)
    if job.live:
        _progress(job, found)
    if found is None:
        return
    table.table(found, own.opened, lambda row, column: _open(state, row, column))
    if not job.live:
        _take(state, found)
    if own.opened is not None:
        _large(state, found)


def _open(state: LabState, row: str, column: str) -> None:
    state.defend.opened = row, column


def _headline(found: Matrix, *, live: bool) -> None:
    request = found.request
    eps = size(request.norm, request.eps)
    detail = f"Both attackers lead away from {found.truth} and may change ε = {eps} in {request.norm.symbol}. "
    detail += (
        "Still under way." if live else f"One picture, {found.seconds:.0f} s: it shows what can happen, not how often."
    )
    kind = "" if live and found.rows[0].standing is Standing.OPEN else " adversarial"
    st.html(
        f'<div class="verdict{kind}" role="status"><div class="headline">{escape(found.sentence)}</div>'
        f'<div class="detail">{escape(detail)}</div></div>'
    )


def _progress(job: Job[Matrix], found: Matrix | None) -> None:
    rows = found.rows if found is not None else ()
    done = sum(row.done for row in rows)
    now = next((row.title for row in rows if not row.done), "the undefended network")
    tasks.progress(job, f"Attacking {now}…", done / max(1, len(rows)), "defend")


def _large(state: LabState, found: Matrix) -> None:
    """One cell, over the page; closed, it is forgotten."""
    key, column = state.defend.opened or ("", "")
    state.defend.opened = None
    row = next((one for one in found.rows if one.key == key), None)
    cell: Cell | None = getattr(row, column, None)
    if row is not None and cell is not None:
        st.dialog(f"{row.title} · {COLUMNS[column].lower()}", width="large")(_opened)(found, row, column, cell)


def _opened(found: Matrix, row: Row, column: str, cell: Cell) -> None:
    """The picture, what was changed, and what the defended model says."""
    word, sign, _ = table.outcome(column, cell)
    figures(_figures(row, column, cell))
    st.markdown(f"{sign} **{word.capitalize()}.** {cell.attack or row.through}".strip())
    if column != "clean":
        st.caption(f"Size of the change: {size(found.request.norm, cell.size)}.")
    title = "What the defended model says" if cell.accepted else "What it would say, if it gave an answer"
    charts.opinion(title, cell.says, clean=found.truth)


def _figures(row: Row, column: str, cell: Cell) -> list[Figure]:
    kind = "adversarial" if cell.reached else "clean"
    tag = cell.says.label if cell.accepted else "No answer"
    shown = [Figure(cell.pixels, tag, kind, "The picture", f"{row.title}: {tag}")]
    if column != "clean" and row.clean is not None and row.clean.pixels.shape == cell.pixels.shape:
        grey, times = change(row.clean.pixels, cell.pixels)
        shown.append(Figure(grey, f"× {times}", "neutral", "What was changed, enlarged; grey is nothing", "The change"))
    return shown


def _take(state: LabState, found: Matrix) -> None:
    st.caption("Click a picture to see it large, with what was changed and how it was made.")
    stem = f"defenses-{state.picture.stem}"
    with st.container(horizontal=True, key="d-files"):
        report = defended.html(found, state.picture.title)
        st.download_button("Report", report, f"{stem}.html", "text/html", icon=":material/description:", key="d-html",
                           help="One HTML file with all pictures, which opens offline.", on_click="ignore")  # fmt: skip
        st.download_button("CSV", defended.csv(found), f"{stem}.csv", "text/csv", icon=":material/table:", key="d-csv",
                           on_click="ignore")  # fmt: skip
