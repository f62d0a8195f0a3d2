"""The table on the page: a row a defense, a picture a cell, each of which can be opened."""

import base64
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from advlab.evaluation.contender import UNDEFENDED
from advlab.serving.defend.matrix import Matrix
from advlab.serving.defend.row import Cell, Row, Standing
from advlab.serving.exports.defended import COLUMNS
from advlab.serving.notes import SMALL
from advlab.serving.outcome import percent
from advlab.ui.pictures import encode

_FOLDER = Path(__file__).parents[1] / "components"
_TABLE = st.components.v2.component(
    "advlab_matrix",
    html='<div class="matrix"></div>',
    css=(_FOLDER / "matrix.css").read_text("utf-8"),
    js=(_FOLDER / "matrix.js").read_text("utf-8"),
)
_HEAD = (
    ("Defense", ""),
    ("Clean picture", "what it costs"),
    ("An attack that does not know it", "the easy column"),
    ("An attack that does", "the one that counts"),
    ("What it comes to", ""),
)
_ENDS = {Standing.HELD: "sound", Standing.OPEN: ""}


def table(found: Matrix, opened: tuple[str, str] | None, picked: Callable[[str, str], None]) -> None:
    """Draw it; `picked` is called with row and column of a cell that is clicked."""

    def clicked() -> None:
        ref = st.session_state["d-table"].get("opened")
        if ref is not None:
            row, _, column = str(ref).rpartition("|")
            picked(row, column)

    data = {
        "head": [list(one) for one in _HEAD],
        "columns": list(COLUMNS.values()),
        "rows": [_row(row) for row in found.rows],
        "opened": "|".join(opened) if opened else "",
    }
    _TABLE(key="d-table", data=data, on_opened_change=clicked)


def _row(row: Row) -> dict[str, object]:
    cells = [_cell(row.key, column, getattr(row, column)) for column in COLUMNS]
    standing = row.standing
    word = "" if standing is Standing.OPEN else standing.value
    sentence = "" if standing is Standing.OPEN else row.sentence
    if row.key == UNDEFENDED and standing is Standing.NEITHER:
        word, sentence = "FALLS", "The network as it is: what every defense is compared with."
    cost = (
        f"{row.passes} pass{'es' if row.passes > 1 else ''}, {row.seconds * 1000:.0f} ms an answer" if row.clean else ""
    )
    return {
        "id": f"{row.key} {sum(one is not None for one in cells)} {word} {row.problem}",
        "title": row.title,
        "cost": cost,
        "cells": cells,
        "word": word,
        "sentence": sentence,
        "end": _ENDS.get(standing, "broken"),
        "problem": row.problem or "",
    }


def _cell(key: str, column: str, cell: Cell | None) -> dict[str, object] | None:
    if cell is None:
        return None
    source = base64.b64encode(encode(cell.pixels)).decode()
    word, sign, kind = outcome(column, cell)
    return {
        "ref": f"{key}|{column}",
        "source": f"data:image/png;base64,{source}",
        "small": cell.pixels.shape[1] < SMALL,
        "label": cell.says.label if cell.accepted else "No answer",
        "share": percent(cell.says.confidence) if cell.accepted else f"would say {cell.says.label}",
        "word": word,
        "sign": sign,
        "kind": kind,
    }


def outcome(column: str, cell: Cell) -> tuple[str, str, str]:
    """A cell's word, its sign and whose colour it has."""
    if column == "clean":
        return (
            ("wrong", "≠", "reached") if cell.reached else ("right", "", "") if cell.accepted else ("rejected", "⊘", "")
        )
    if cell.reached:
        return "fooled", "✕", "reached"
    return ("held", "✓", "held") if cell.accepted else ("rejected", "⊘", "held")
