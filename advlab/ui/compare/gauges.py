"""One gauge an attack: within which radius it was tried and held, and from which it is known to succeed."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from advlab.core.norms import Norm
from advlab.serving.compare.reach import Reach
from advlab.serving.outcome import size
from advlab.ui import charts, specs
from advlab.ui.specs import Spec

_ROW, _BAR = 30, 12
# Above for the word at ε, below for the axis and its title; the chart's height is that of all of it.
_ABOVE, _BELOW = 22, 62
# One line without a field, for what is drawn once.
_ONCE: Spec = {"data": {"values": [{}]}}
# Between the last thing that is known and the ends of the axis.
_MARGIN = 1.6


@dataclass(frozen=True)
class Gauge:
    """An attack's name, and what is known of its radius so far."""

    title: str
    reach: Reach | None


def gauges(rows: Sequence[Gauge], norm: Norm, eps: float) -> None:
    """Draw them, with what the colours mean."""
    said = "; ".join(f"{row.title} {row.reach.words if row.reach else 'not searched yet'}" for row in rows)
    charts.draw(spec(tuple(rows), norm, eps, charts.palette()), f"Smallest radius in {norm.symbol}: {said}")
    charts.keys((("clean", "tried, and it held"), ("other", "not known"), ("adversarial", "succeeds")))


@functools.lru_cache(maxsize=64)
def spec(rows: tuple[Gauge, ...], norm: Norm, eps: float, colors: specs.Colors) -> Spec:
    """The chart; radii on a logarithmic axis, in 255ths for L∞."""
    shades = dict(colors)
    unit = 255.0 if norm is Norm.LINF else 1.0
    left, right = _ends(rows, eps)
    names = [row.title for row in rows]
    y = {
        "field": "name", "type": "nominal", "sort": None, "title": None, "scale": {"domain": names},
        "axis": specs.axis(shades, labelLimit=150, minExtent=110, ticks=False, domain=False),
    }  # fmt: skip
    x = {
        "field": "begin", "type": "quantitative", "title": f"radius in {norm.symbol}",
        "scale": {"type": "log", "domain": [left * unit, right * unit], "nice": False},
        "axis": _ruler(shades, left * unit, right * unit, norm),
    }  # fmt: skip
    bars = {
        "transform": [{"filter": "datum.role != 'text'"}],
        "mark": {"type": "bar", "size": _BAR},
        "encoding": {
            "y": y, "x": x, "x2": {"field": "end"},
            "color": {"field": "color", "type": "nominal", "scale": None, "legend": None},
            "opacity": {"condition": {"test": "datum.role == 'other'", "value": 0.35}, "value": 1},
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "Attack"},
                {"field": "said", "type": "nominal", "title": "Smallest radius"},
            ],
        },
    }  # fmt: skip
    words = {
        "transform": [{"filter": "datum.role == 'text'"}],
        "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 13, "color": shades["text"], "clip": False},
        "encoding": {"y": y, "x": x, "text": {"field": "said", "type": "nominal"}},
    }
    at = {"x": {"datum": eps * unit, "type": "quantitative"}}
    dashes = {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": shades["text"]}
    rule = {**_ONCE, "mark": dashes, "encoding": at}
    label = {
        **_ONCE,
        "mark": {"type": "text", "dy": -8, "baseline": "bottom", "fontSize": 13, "color": shades["text"]},
        "encoding": {**at, "y": {"value": 0}, "text": {"value": f"ε = {size(norm, eps)}"}},
    }
    lines = [line for row in rows for line in _lines(row, left, right, unit, shades)]
    room = {"height": _ABOVE + _ROW * len(rows) + _BELOW, "padding": {"top": _ABOVE, "right": 96}}
    return {"layer": [bars, words, rule, label], **room, **specs.data(lines)}


def _lines(row: Gauge, left: float, right: float, unit: float, shades: dict[str, str]) -> list[dict[str, object]]:
    """The parts of one gauge, from left to right, and the words behind it."""
    found = row.reach
    low = max(left, found.held) if found is not None else left
    high = min(right, max(left, found.radius)) if found is not None and found.known else right
    said = "" if found is None else found.words
    parts = (("clean", left, min(low, high)), ("other", min(low, high), high), ("adversarial", high, right))
    drawn: list[dict[str, object]] = [
        {"name": row.title, "role": role, "begin": begin * unit, "end": end * unit, "color": shades[role], "said": said}
        for role, begin, end in parts
        if end > begin
    ]
    text = {"name": row.title, "role": "text", "begin": right * unit, "end": right * unit, "color": "", "said": said}
    return [*drawn, text]


def _ends(rows: Sequence[Gauge], eps: float) -> tuple[float, float]:
    """Both ends of the axis: around all that is known."""
    known = [eps]
    for row in rows:
        if row.reach is not None:
            known += [value for value in (row.reach.held, row.reach.radius) if 0 < value < math.inf]
    return min(known) / _MARGIN, max(known) * _MARGIN


def _ruler(shades: dict[str, str], left: float, right: float, norm: Norm) -> Spec:
    """An axis with a mark at each doubling, or at each power of ten where there would be too many."""
    base = 2.0 if right / left < 2**9 else 10.0
    first, last = math.ceil(math.log(left, base)), math.floor(math.log(right, base))
    unit = "/255" if norm is Norm.LINF else " px" if norm is Norm.L0 else ""
    values, label = [base**power for power in range(first, last + 1)], f"format(datum.value, '.3~g') + '{unit}'"
    return specs.axis(
        shades, values=values, labelExpr=label,
        grid=True, gridOpacity=0.35, domain=False, ticks=False, labelPadding=6, titlePadding=10,
    )  # fmt: skip
