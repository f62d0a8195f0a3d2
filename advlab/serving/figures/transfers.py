"""A transfer matrix: a row for where pictures were made, a column for where they were tried."""

import numpy as np
import plotly.graph_objects as go

from advlab.serving.blackbox.matrix import TOGETHER, Cell, Transfer
from advlab.serving.figures import base
from advlab.serving.figures.colours import ADVERSARIAL, CLEAN, Theme, mixed

# Let down so far, both colours carry the theme's own text.
_STRENGTH = 0.55
_ROW = 66  # pixels


def matrix(found: Transfer, theme: Theme, opened: tuple[str, str] | None = None) -> go.Figure:
    """The share of pictures that fool each network; framed where it was made on the very network, or opened."""
    names, rows = found.request.names, found.rows
    figure = base.figure(theme, height=112 + _ROW * len(rows), keep="transfer")
    grid = [[found.cells.get((row, name)) for name in names] for row in rows]
    places = {"x": list(range(len(names))), "y": list(range(len(rows))), "showscale": False, "hoverinfo": "skip"}
    gaps, ground = {"xgap": 4, "ygap": 4}, mixed(theme.quiet, theme.paper, 0.12)
    figure.add_trace(go.Heatmap(z=np.zeros((len(rows), len(names))), colorscale=[(0, ground), (1, ground)],
                                **places, **gaps))  # fmt: skip
    figure.add_trace(
        go.Heatmap(
            z=[[np.nan if cell is None or not cell.of else 100 * cell.share for cell in row] for row in grid],
            zmin=0, zmax=100, colorscale=_scale(theme, ground), hoverongaps=False, **places, **gaps,
        )
    )  # fmt: skip
    _words(figure, found, grid, theme)
    for name in names:
        _frame(figure, (names.index(name), rows.index(name)), theme.quiet, width=1.5, dash="dot")
    if opened is not None and opened[0] in rows and opened[1] in names:
        _frame(figure, (names.index(opened[1]), rows.index(opened[0])), theme.text, width=3, dash="solid")
    ticks = {"showgrid": False, "zeroline": False, "automargin": True, "ticks": "", "fixedrange": True}
    figure.update_xaxes(**ticks, side="top", tickangle=0, tickfont={"size": 14, "color": theme.text},
                        tickvals=places["x"], ticktext=[_short(found, name) for name in names],
                        range=[-0.5, len(names) - 0.5],
                        title={"text": "tried on", "font": {"size": 14, "color": theme.quiet}})  # fmt: skip
    figure.update_yaxes(**ticks, range=[len(rows) - 0.5, -0.5], tickfont={"size": 14, "color": theme.text},
                        tickvals=places["y"], ticktext=[_short(found, row) for row in rows],
                        title={"text": "made on", "font": {"size": 14, "color": theme.quiet}})  # fmt: skip
    # A heat map tells nobody where it was clicked: the words, which do, are found from anywhere in their cell.
    figure.update_layout(
        margin={"l": 8, "r": 4, "t": 96, "b": 8}, hovermode="closest", hoverdistance=80, dragmode=False
    )
    return figure


def _words(figure: go.Figure, found: Transfer, grid: list[list[Cell | None]], theme: Theme) -> None:
    """What each cell says; points, so that a click on them is heard."""
    told = [
        (x, y, _text(cell, found), _hover(cell, found, row, name))
        for y, (row, cells) in enumerate(zip(found.rows, grid, strict=True))
        for x, (name, cell) in enumerate(zip(found.request.names, cells, strict=True))
        if cell is not None
    ]
    plain = {"marker": {"opacity": 0}, "textfont": {"color": theme.text}}
    figure.add_trace(
        go.Scatter(
            x=[one[0] for one in told], y=[one[1] for one in told], mode="markers+text", name="cells",
            text=[one[2] for one in told], textfont={"size": 15, "color": theme.text}, selected=plain, unselected=plain,
            marker={"size": _ROW - 10, "opacity": 0, "symbol": "square"}, customdata=[one[3] for one in told],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip


def _frame(figure: go.Figure, at: tuple[int, int], colour: str, *, width: float, dash: str) -> None:
    x, y = at
    figure.add_shape(type="rect", x0=x - 0.46, x1=x + 0.46, y0=y - 0.44, y1=y + 0.44,
                     line={"color": colour, "width": width, "dash": dash})  # fmt: skip


def _scale(theme: Theme, middle: str) -> list[tuple[float, str]]:
    """Half fooled is neither colour."""
    low, high = (mixed(colour, theme.paper, _STRENGTH) for colour in (CLEAN, ADVERSARIAL))
    return [(0.0, low), (0.5, middle), (1.0, high)]


def _short(found: Transfer, row: str) -> str:
    """A title beside its row or above its column, without the family that all have in common."""
    title = found.title(row)
    family, _, own = title.partition(" · ")
    if own and all(found.title(name).startswith(f"{family} · ") for name in found.request.names):
        return (own[:1].upper() + own[1:]).replace("-", "-<br>")
    return title.replace(" · ", "<br>").replace("All the others together", "All the others<br>together")


def _text(cell: Cell, found: Transfer) -> str:
    if not cell.of:
        return "–"
    if found.total == 1:
        return "<b>✕ fooled</b>" if cell.won else "<b>✓ holds</b>"
    return f"<b>{cell.share:.0%}</b><br>{cell.won} of {cell.of}"


def _hover(cell: Cell, found: Transfer, row: str, name: str) -> str:
    made = "the others together" if row == TOGETHER else found.title(row)
    where = "Made and tried on the very network" if row == name else f"Made on {made},<br>tried on {found.title(name)}"
    if not cell.of:
        return f"{where}:<br>no picture counts, since they do not agree"
    low, high = cell.interval
    of = "" if found.total == 1 else f"<br>{cell.won} of {cell.of}, 95% interval {100 * low:.0f}–{100 * high:.0f}%"
    return f"{where}:<br>{'fooled' if found.total == 1 and cell.won else 'holds' if found.total == 1 else 'fooled'}{of}"
