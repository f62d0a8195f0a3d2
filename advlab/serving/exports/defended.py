"""A table of defenses to take along: as CSV, and as one HTML file that opens without the internet."""

import base64
import io
from html import escape

import pandas as pd

from advlab import models
from advlab.data import pictures
from advlab.serving.defend.matrix import Matrix, told
from advlab.serving.defend.row import Cell, Row
from advlab.serving.notes import SMALL
from advlab.serving.outcome import size

COLUMNS = {"clean": "Clean picture", "unaware": "Attack that does not know it", "adaptive": "Attack that does"}
_STYLE = """body { font: 16px/1.5 system-ui, sans-serif; color: #14181D; background: #fff; margin: 2rem auto;
max-width: 1240px; padding: 0 1rem } h1 { font-size: 2rem; line-height: 1.2; margin: 0 } p { color: #55606B }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .6rem .7rem;
border-top: 1px solid #C9D1D9 } img { width: 110px; height: 110px; border-radius: 8px; display: block }
img.small { image-rendering: pixelated } .reached { color: #B34700; font-weight: 600 } small { color: #55606B }"""


def csv(found: Matrix) -> str:
    """One line a defense."""
    lines = []
    for row in found.rows:
        line: dict[str, object] = {"defense": row.key, "title": row.title, "verdict": row.standing.value}
        for column in COLUMNS:
            line |= _values(column, getattr(row, column))
        lines.append(
            line | {"passes": row.passes, "seconds": row.seconds, "note": row.sentence, "gradients": row.through}
        )
    file = io.StringIO()
    pd.DataFrame(lines).to_csv(file, index=False, float_format="%.6g")
    return file.getvalue()


def _values(column: str, cell: Cell | None) -> dict[str, object]:
    if cell is None:
        return {}
    return {
        f"{column}_answer": cell.says.label,
        f"{column}_confidence": cell.says.confidence,
        f"{column}_accepted": cell.accepted,
        f"{column}_reached": cell.reached,
        f"{column}_size": cell.size,
        f"{column}_attack": cell.attack,
    }


def html(found: Matrix, picture_title: str) -> str:
    """The table with its pictures and its sentence."""
    request = found.request
    subject = (
        f"{picture_title} · {models.card(request.model).title} · away from {found.truth} · "
        f"{request.norm.symbol} ε = {size(request.norm, request.eps)} · {request.steps} steps · seed {request.seed}"
    )
    head = "".join(f"<th>{escape(name)}</th>" for name in ("Defense", *COLUMNS.values(), "What it comes to"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Defenses compared</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(found.sentence)}</h1><p>{escape(subject)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, found.rows))}</tbody></table></body></html>"
    )


def _row(row: Row) -> str:
    cells = "".join(_cell(getattr(row, column)) for column in COLUMNS)
    cost = f"{row.passes} pass{'es' if row.passes > 1 else ''} an answer"
    return (
        f"<tr><th>{escape(row.title)}<br><small>{escape(cost)}</small></th>{cells}"
        f"<td><b>{escape(row.standing.value)}</b><br>{escape(row.sentence)}<br><small>{escape(row.through)}</small></td></tr>"
    )


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td>–</td>"
    source = base64.b64encode(pictures.png(cell.pixels)).decode()
    small = ' class="small"' if cell.pixels.shape[1] < SMALL else ""
    reached = ' class="reached"' if cell.reached else ""
    return (
        f'<td><img{small} src="data:image/png;base64,{source}" alt=""><span{reached}>{escape(told(cell))}</span>'
        f"<br><small>{escape(cell.attack)}</small></td>"
    )
