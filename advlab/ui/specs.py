"""What charts are made of: Vega-Lite specifications with their data, made once for all who see the same result.

They are written down as they are, not by Altair: with Altair, which checks every part against its schema one thread
at a time, the charts took three quarters of the time to draw a page, and thirty people waited for each other.
Nobody may change what these functions return.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from advlab.analysis.survival import Survival
from advlab.serving.outcome import Curve, Opinion, percent

Spec = dict[str, Any]
# Hashable, so that it can be part of a key.
Colors = tuple[tuple[str, str], ...]

_HEIGHT = 250
_RIVAL = "strongest other class"


def data(rows: Sequence[dict[str, object]]) -> Spec:
    """The data by the way that Streamlit sends it, Arrow; it would be translated for each drawing otherwise."""
    table = pa.Table.from_pylist(list(rows))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return {"data": {"name": "rows"}, "datasets": {"rows": sink.getvalue().to_pybytes()}}


def axis(colors: dict[str, str], **options: object) -> Spec:
    """An axis whose words can be read: the theme's own grey is too faint."""
    return {"labelColor": colors["quiet"], "titleColor": colors["quiet"], **options}


def _tooltip(**titles: str) -> list[Spec]:
    return [{"field": field, "type": "nominal", "title": title} for field, title in titles.items()]


def _bars(y: Spec, most: float, tooltip: list[Spec], *, size: int, text: Spec) -> Spec:
    """Bars with a text behind each, coloured one by one."""
    shared = {
        "y": {"type": "nominal", "sort": None, "title": None, **y},
        "x": {"field": "share", "type": "quantitative", "scale": {"domain": [0, most]}, "axis": None},
        "tooltip": tooltip,
    }
    color = {"field": "color", "type": "nominal", "scale": None, "legend": None}
    words = {"field": "text", "type": "nominal"}
    return {
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 2, "size": size}, "encoding": {**shared, "color": color}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, **text},
                "encoding": {**shared, "text": words},
            },
        ]
    }


def _line(steps: int, y: Spec, value: Spec, colors: dict[str, str], **mark: object) -> Spec:
    """Something step by step; few steps are dots, too."""
    return {
        "mark": {"type": "line", "point": steps <= 60, **mark},
        "encoding": {
            "x": {
                "field": "step",
                "type": "quantitative",
                "title": "step",
                "scale": {"domain": [1, steps], "nice": False},
                "axis": axis(colors, tickMinStep=1, tickCount=8, labelOverlap=True, grid=False),
            },
            "y": {"type": "quantitative", **y},
            "tooltip": [{"field": "step", "type": "quantitative"}, {"type": "quantitative", **value}],
        },
        "height": _HEIGHT,
    }


@functools.lru_cache(maxsize=256)
def opinion(what: Opinion, clean: str | None, target: str | None, colors: Colors) -> Spec:
    """The likeliest classes; `clean` is the answer before the attack, if this is after it."""
    shades = dict(colors)
    roles = {what.label: "clean" if clean is None or what.label == clean else "adversarial"}
    roles |= {clean: "clean"} if clean else {}
    roles |= {target: "target"} if target else {}
    rows: list[dict[str, object]] = [
        {"label": label, "share": share, "text": percent(share), "color": shades[roles.get(label, "other")]}
        for label, share in what.top
    ]
    ruler = axis(shades, labelLimit=140, minExtent=140, ticks=False, domain=False)
    bars = _bars(
        {"field": "label", "axis": ruler},
        1.22,
        _tooltip(label="Class", text="Share"),
        size=13,
        text={"color": shades["text"]},
    )
    return {**bars, **data(rows), "height": 132}


# The sign of a treatment that leaves the attack at work, by whose colour it has.
SURVIVES = {"adversarial": "✕", "target": "◎"}


@functools.lru_cache(maxsize=128)
def survival(rows: tuple[Survival, ...], right: int, works: str, colors: Colors) -> Spec:
    """One bar a treatment; `right` is the class before the attack, `works` the colour where the attack survives."""
    shades = dict(colors)
    looks = {"works": (SURVIVES[works], works), "undone": ("✓", "clean"), "wrong": ("≠", "adversarial")}
    states = ["works" if row.survives else "undone" if row.index == right else "wrong" for row in rows]
    table: list[dict[str, object]] = [
        {
            "name": row.name,
            "share": row.confidence,
            "text": f"{looks[state][0]} {row.label} {percent(row.confidence)}",
            "about": row.detail if row.fair else f"{row.detail} It upsets the clean picture, too: not counted.",
            "color": shades[looks[state][1] if row.fair else "other"],
        }
        for row, state in zip(rows, states, strict=True)
    ]
    ruler = axis(shades, labelLimit=150, labelOverlap=False, ticks=False, domain=False)
    tooltip = _tooltip(name="Treatment", about="What is done", text="The model says")
    text = {"color": shades["text"], "limit": 190}
    bars = _bars({"field": "name", "axis": ruler}, 1.9, tooltip, size=12, text=text)
    return {**bars, **data(table), "height": 21 * len(rows)}


@functools.lru_cache(maxsize=128)
def confidence(what: Curve, own: str, targeted: bool, colors: Colors) -> Spec:  # noqa: FBT001 - part of the key
    """The goal's class and its strongest rival, step by step."""
    shades = dict(colors)
    rows: list[dict[str, object]] = [
        {"step": step, "share": share, "class": name}
        for name, shares in ((own, what.own), (_RIVAL, what.rival))
        for step, share in enumerate(shares, 1)
    ]
    ruler = axis(shades, format=".0%", values=[0, 0.5, 1])
    y = {"field": "share", "title": None, "scale": {"domain": [0, 1]}, "axis": ruler}
    spec = _line(len(what.own), y, {"field": "share", "format": ".1%"}, shades)
    pair = [shades["target"], shades["other"]] if targeted else [shades["clean"], shades["adversarial"]]
    spec["encoding"]["tooltip"].insert(0, {"field": "class", "type": "nominal"})
    spec["encoding"]["color"] = {
        "field": "class",
        "type": "nominal",
        "scale": {"domain": [own, _RIVAL], "range": pair},
        "legend": {"title": None, "orient": "top", "labelLimit": 260, "offset": 4, "labelColor": shades["quiet"]},
    }
    return {**spec, **data(rows)}


def losses(what: Curve) -> list[float]:
    """Cross-entropy of the goal's class at each step."""
    return [-math.log(max(share, 1e-38)) for share in what.own]


@functools.lru_cache(maxsize=128)
def loss(what: Curve, own: str, targeted: bool, colors: Colors) -> Spec:  # noqa: FBT001 - part of the key
    """The loss, step by step."""
    shades = dict(colors)
    rows: list[dict[str, object]] = [{"step": step, "loss": value} for step, value in enumerate(losses(what), 1)]
    title = f"cross-entropy of “{own}” (nats)"
    y = {"field": "loss", "title": title, "scale": {"zero": True}, "axis": axis(shades)}
    color = shades["target" if targeted else "clean"]
    return {**_line(len(rows), y, {"field": "loss", "format": ".3g"}, shades, color=color), **data(rows)}
