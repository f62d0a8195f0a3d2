"""A table of defenses to take along: as CSV, and as one HTML file that opens without the internet."""

import base64
import io

import pandas as pd

from advlab import models
from advlab.data import pictures
from advlab.serving.defend.matrix import Matrix, told
from advlab.serving.defend.row import Cell, Row
from advlab.serving.exports.report.sheet import rows, sheet, verdict
from advlab.serving.exports.report.text import safe
from advlab.serving.notes import SMALL
from advlab.serving.outcome import size

COLUMNS = {"clean": "Clean picture", "unaware": "Attack that does not know it", "adaptive": "Attack that does"}


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
    main = verdict(found.sentence, "One picture: it shows what can happen, not how often.", "adversarial")
    main += rows(("Defense", *COLUMNS.values(), "What it comes to"), [_row(row) for row in found.rows])
    return sheet(main, title="Defenses compared", kind="defenses on one picture", subject=subject)


def _row(row: Row) -> str:
    cells = "".join(_cell(getattr(row, column)) for column in COLUMNS)
    cost = f"{row.passes} pass{'es' if row.passes > 1 else ''} an answer"
    return (
        f'<tr><th scope="row">{safe(row.title)}<br><small>{safe(cost)}</small></th>{cells}'
        f"<td><b>{safe(row.standing.value)}</b><br>{safe(row.sentence)}<br><small>{safe(row.through)}</small></td></tr>"
    )


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td>–</td>"
    source = base64.b64encode(pictures.png(cell.pixels)).decode()
    small = ' class="small"' if cell.pixels.shape[1] < SMALL else ""
    reached = ' class="reached"' if cell.reached else ""
    return (
        f'<td><img{small} src="data:image/png;base64,{source}" alt=""><span{reached}>{safe(told(cell))}</span>'
        f"<br><small>{safe(cell.attack)}</small></td>"
    )
