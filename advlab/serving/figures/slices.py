"""A slice as a map: regions by class, or the clean class's margin, with the boundary, the ball and the attack's way."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go

from advlab.analysis.boundary import Array
from advlab.serving.figures import axes, base, regions
from advlab.serving.figures.colours import ADVERSARIAL, CLEAN, REST, Theme, mixed
from advlab.serving.geometry.landscape import Landscape, Path
from advlab.serving.outcome import size

# So strong are the colours of regions, on which there are words.
_STRENGTH = {False: 0.62, True: 0.58}
# Points that can be clicked, along each axis: more would only make the page heavy.
_CLICKS = 81
# A name that is nearer to an edge than this part of the slice leans inwards.
_EDGE = 0.2
_NONE: Mapping[int, str] = MappingProxyType({})
_BOUNDARY = {False: "#14181D", True: "#FFFFFF"}


def regions_map(
    land: Landscape, colours: Mapping[int, str], theme: Theme, titles: tuple[str, str], picked: Array | None = None
) -> go.Figure:
    """Which class is answered where; each region has its name on it."""
    codes, scale = stepped(land.slice.index, colours, theme, _STRENGTH[theme.dark])
    figure = _empty(land, theme, titles)
    lines = _lines(land)
    figure.add_trace(
        go.Heatmap(
            z=codes, x=lines, y=lines, colorscale=scale, zmin=-0.5, zmax=len(colours) + 0.5, showscale=False,
            zsmooth=False, hoverinfo="skip",
        )
    )  # fmt: skip
    _over(figure, land, theme, picked, colours)
    for spot in regions.spots(land.slice.index, _ball_words(land)):
        name = land.names[spot.index] if spot.index in colours else "other classes"
        share = spot.column / len(lines)
        side = "left" if share < _EDGE else "right" if share > 1 - _EDGE else "center"
        figure.add_annotation(
            x=lines[spot.column], y=lines[spot.row], xanchor=side, **base.halo(theme, f"<b>{name}</b>", 17)
        )
    return figure


def most(land: Landscape) -> float:
    """The margin at the end of a scale: nearly all of the slice is below it."""
    return float(np.percentile(np.abs(land.slice.values["margin"]), 98)) or 1.0


def margin_map(
    land: Landscape, theme: Theme, titles: tuple[str, str], picked: Array | None = None, highest: float | None = None
) -> go.Figure:
    """How far the clean class is ahead: blue where it is answered, vermillion where it is lost.

    Args:
        land: a slice.
        theme: of what is around.
        titles: of both axes.
        picked: the point that is shown.
        highest: end of the scale, where slices are compared.
    """
    margin = land.slice.values["margin"]
    end = highest or most(land)
    figure = _empty(land, theme, titles)
    lines = _lines(land)
    colours = [[0.0, ADVERSARIAL], [0.5, "#FFFFFF" if not theme.dark else "#20272F"], [1.0, CLEAN]]
    figure.add_trace(
        go.Heatmap(
            z=margin.astype(np.float32), x=lines, y=lines, colorscale=colours, zmin=-end, zmax=end, zsmooth="best",
            hoverinfo="skip",
            colorbar={"title": {"text": "margin (logits)", "side": "right"}, "thickness": 14, "outlinewidth": 0},
        )
    )  # fmt: skip
    figure.update_layout(margin={"r": 80})
    _over(figure, land, theme, picked)
    return figure


def stepped(
    index: Array, colours: Mapping[int, str], theme: Theme, strength: float
) -> tuple[Array, list[tuple[float, str]]]:
    """Classes as places in a scale of even steps, the last one for all that have no colour; and that scale."""
    codes = np.full(index.shape, len(colours), np.uint8)
    for place, one in enumerate(colours):
        codes[index == one] = place
    shades = [mixed(colour, theme.paper, strength) for colour in (*colours.values(), REST)]
    edges = np.linspace(0, 1, len(shades) + 1)
    return codes, [(float(edge), shade) for i, shade in enumerate(shades) for edge in edges[i : i + 2]]


def _lines(land: Landscape) -> Array:
    lines: Array = land.slice.lines * axes.factor(land.request.norm)
    return lines


def _empty(land: Landscape, theme: Theme, titles: tuple[str, str]) -> go.Figure:
    reach = land.request.reach * axes.factor(land.request.norm)
    keep = land.request.key(land.model)
    figure = base.figure(theme, keep=keep)
    unit = axes.unit(land.request.norm)
    shared: dict[str, Any] = {"range": [-reach, reach], "showgrid": False, "ticks": "outside", "ticklen": 5}
    figure.update_xaxes(base.axis(theme, f"{_short(titles[0])} · {unit}", constrain="domain", **shared))
    figure.update_yaxes(
        base.axis(theme, f"{_short(titles[1])} · {unit}", scaleanchor="x", constrain="domain", **shared)
    )
    return figure


def _short(title: str, most: int = 44) -> str:
    return title if len(title) <= most else title[: most - 1] + "…"


def _over(
    figure: go.Figure, land: Landscape, theme: Theme, picked: Array | None, colours: Mapping[int, str] = _NONE
) -> None:
    """All that is drawn over the map."""
    if land.box is not None:
        figure.add_trace(_outside(land, theme))
    _boundary(figure, land, theme)
    if land.ball is not None and land.request.eps is not None:
        _ball(figure, land, theme)
    for path in land.paths:
        reached = {colours.get(index, ADVERSARIAL) for index, name in land.names.items() if name == path.label}
        _path(figure, land, theme, path)
        end = path.positions[-1] * axes.factor(land.request.norm)
        figure.add_trace(_mark(end, "x", min(reached, default=ADVERSARIAL), theme, f"{path.name}: {path.label}"))
    figure.add_trace(_mark(np.zeros(2), "circle", CLEAN, theme, "the picture"))
    if picked is not None:
        at = picked * axes.factor(land.request.norm)
        figure.add_trace(_mark(at, "diamond", theme.text, theme, "the point that is shown"))
    figure.add_trace(_clicks(land))


def _outside(land: Landscape, theme: Theme) -> go.Scatter:
    """Hatched: where a pixel would be darker than black or brighter than white."""
    scale = axes.factor(land.request.norm)
    reach = land.request.reach * scale
    square = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1], [-1, -1]]) * reach
    if land.box is None:
        raise TypeError("Only a slice that is not clipped has an outside.")
    inner = np.clip(land.box * scale, -reach, reach)
    edge = np.concatenate([square, inner, square[:1]])  # the other way round, so that it is a hole
    return go.Scatter(
        x=edge[:, 0], y=edge[:, 1], mode="lines", line={"width": 0}, fill="toself", fillcolor="rgba(0,0,0,0)",
        fillpattern={"shape": "/", "size": 8, "solidity": 0.16, "fgcolor": theme.quiet, "bgcolor": "rgba(0,0,0,0)"},
        hoverinfo="skip",
    )  # fmt: skip


def _boundary(figure: go.Figure, land: Landscape, theme: Theme) -> None:
    """Where the clean class's margin is zero, between the points too."""
    margin = land.slice.values["margin"]
    if not (margin.min() < 0 < margin.max()):
        return
    lines = _lines(land)
    figure.add_trace(
        go.Contour(
            z=margin.astype(np.float32), x=lines, y=lines,
            contours={"start": 0, "end": 0, "size": 1, "coloring": "none"},
            line={"width": 3, "color": _BOUNDARY[theme.dark], "smoothing": 0}, showscale=False, hoverinfo="skip",
        )
    )  # fmt: skip


def _ball(figure: go.Figure, land: Landscape, theme: Theme) -> None:
    if land.ball is None or land.request.eps is None:
        return
    norm = land.request.norm
    edge = land.ball * axes.factor(norm)
    figure.add_trace(
        go.Scatter(
            x=edge[:, 0], y=edge[:, 1], mode="lines", line={"width": 2.5, "dash": "dash", "color": theme.text},
            hoverinfo="skip",
        )
    )  # fmt: skip
    below = edge[int(edge[:, 1].argmin())]
    text = f"{norm.symbol} ball, ε = {size(norm, land.request.eps)}"
    reach = land.request.reach * axes.factor(norm)
    if np.abs(below).max() <= 0.97 * reach:
        figure.add_annotation(x=below[0], y=below[1], yanchor="top", **base.halo(theme, text, 14))


def _ball_words(land: Landscape) -> tuple[int, int] | None:
    """The row and the column at which the ball's name stands."""
    if land.ball is None:
        return None
    column, row = land.ball[int(land.ball[:, 1].argmin())]
    at = np.searchsorted(land.slice.lines, [row, column])
    return int(at[0]), int(at[1])


def _path(figure: go.Figure, land: Landscape, theme: Theme, path: Path) -> None:
    """The attack's way from the picture; where it ends is judged by the picture that was given out."""
    norm = land.request.norm
    way = np.concatenate([np.zeros((1, 2)), path.positions]) * axes.factor(norm)
    off = [0.0, *path.off]
    words = [f"{path.name}: frame {i} of {len(off) - 1}<br>off the plane by {size(norm, o)}" for i, o in enumerate(off)]
    figure.add_trace(
        go.Scatter(
            x=way[:, 0], y=way[:, 1], mode="lines+markers", text=words, hoverinfo="text",
            line={"width": 2.5, "color": theme.text}, marker={"size": 5, "color": theme.text},
        )
    )  # fmt: skip


def _mark(at: Array, symbol: str, colour: str, theme: Theme, words: str) -> go.Scatter:
    """One point that stands out."""
    marker = {"symbol": symbol, "size": 15, "color": colour, "line": {"width": 2.5, "color": theme.paper}}
    return go.Scatter(x=at[:1], y=at[1:], mode="markers", text=[words], hoverinfo="text", marker=marker)


def _clicks(land: Landscape) -> go.Scattergl:
    """Points that nobody sees: a heatmap tells nobody where it was clicked."""
    reach = land.request.reach * axes.factor(land.request.norm)
    lines = np.linspace(-reach, reach, _CLICKS, dtype=np.float32)
    x, y = np.meshgrid(lines, lines)
    hidden = {"marker": {"opacity": 0}}
    return go.Scattergl(
        x=x.ravel(), y=y.ravel(), mode="markers", marker={"size": 9, "opacity": 0}, selected=hidden, unselected=hidden,
        hoverinfo="none", name="clicks",
    )  # fmt: skip
