"""Networks against threats: a cell for each pair, blue where it stands and orange where it falls."""

import numpy as np
import plotly.graph_objects as go

from advlab.evaluation.unforeseen import THREATS, TITLES, Line
from advlab.serving.defend.threats import Threats
from advlab.serving.figures import base
from advlab.serving.figures.colours import ADVERSARIAL, CLEAN, Theme, mixed

# Let down so far, both colours carry the theme's own text.
_STRENGTH = 0.55
_HEIGHT = 74  # of a row


def cells(found: Threats, theme: Theme) -> go.Figure:
    """The share of pictures that each network gets right under each threat, with its 95% interval."""
    names = found.request.names
    figure = base.figure(theme, height=84 + _HEIGHT * len(names), keep="threats")
    grid = [[found.line(name, threat) for threat in THREATS] for name in names]
    columns, rows = [_column(threat) for threat in THREATS], list(range(len(names)))
    shared = {"x": columns, "y": rows, "showscale": False, "xgap": 4, "ygap": 4}
    ground = mixed(theme.quiet, theme.paper, 0.12)
    figure.add_trace(  # places of what is still to come
        go.Heatmap(z=np.zeros((len(rows), len(columns))), colorscale=[(0, ground), (1, ground)], hoverinfo="skip",
                   **shared)
    )  # fmt: skip
    figure.add_trace(
        go.Heatmap(
            z=[[np.nan if line is None else 100 * line.share for line in row] for row in grid],
            zmin=0, zmax=100, colorscale=_scale(theme, ground), hoverongaps=False, **shared,
            text=[["" if line is None else _text(line) for line in row] for row in grid], texttemplate="%{text}",
            textfont={"size": 15, "color": theme.text},
            customdata=[["" if line is None else _told(line) for line in row] for row in grid],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    ticks = {"showgrid": False, "zeroline": False, "automargin": True, "ticks": "", "fixedrange": True}
    figure.update_xaxes(**ticks, side="top", tickangle=0, tickfont={"size": 14, "color": theme.quiet})
    figure.update_yaxes(
        **ticks, autorange="reversed", tickfont={"size": 15, "color": theme.text}, tickvals=rows,
        ticktext=[title.replace(" · ", "<br>") for title in found.titles],
    )  # fmt: skip
    figure.update_layout(margin={"l": 8, "r": 4, "t": 76, "b": 8})
    return figure


def _scale(theme: Theme, middle: str) -> list[tuple[float, str]]:
    """Half right is neither colour."""
    low, high = (mixed(colour, theme.paper, _STRENGTH) for colour in (ADVERSARIAL, CLEAN))
    return [(0.0, low), (0.5, middle), (1.0, high)]


def _column(threat: str) -> str:
    """A threat above its column."""
    return TITLES[threat].capitalize().replace(" and ", "<br>and ")


def _text(line: Line) -> str:
    low, high = line.interval
    return f"<b>{line.share:.0%}</b><br>{100 * low:.0f}–{100 * high:.0f}"


def _told(line: Line) -> str:
    parts = [f"{line.count.correct} of {line.count.of} answers right", line.details]
    parts += [] if line.complete else [f"stopped after {line.pictures} pictures"]
    return "<br>".join(part for part in parts if part)
