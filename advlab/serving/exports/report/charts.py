"""The charts of a report: bars in HTML, the curve in SVG, both without a script."""

import math

from advlab.serving.exports.report.text import safe, short
from advlab.serving.outcome import Curve, Opinion, Outcome, percent

_WIDTH, _HEIGHT = 640, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 168, 14, 34
_MOST_POINTS = 400
_LINE = 17  # height of a label


def bars(title: str, what: Opinion, roles: dict[str, str]) -> str:
    """The five likeliest classes; `roles` gives some of them a colour: clean, adversarial or target."""
    rows = "".join(
        f'<li><span class="name">{safe(label)}</span><span class="track">'
        f'<span class="bar {roles.get(label, "other")}" style="width:{_width(share):.2f}%"></span></span>'
        f'<span class="value">{safe(percent(share))}</span></li>'
        for label, share in what.top
    )
    return f'<section class="chart"><h3>{safe(title)}</h3><ul class="bars">{rows}</ul></section>'


def _width(share: float) -> float:
    return 100 * min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0


def curve(outcome: Outcome) -> str:
    """Probability of the goal's class and of the strongest other class, step by step; empty without scores."""
    what = _thinned(outcome.curve)
    count = len(outcome.curve.own)
    if len(what.own) < 2 or not all(map(math.isfinite, (*what.own, *what.rival))):
        return ""
    own = outcome.goal or outcome.truth or outcome.before.label
    kinds = ("target", "clean") if outcome.goal else ("clean", "adversarial")
    ends = _apart(_y(what.own[-1]), _y(what.rival[-1]))
    lines = ""
    for name, kind, shares, y in zip((own, "strongest other"), kinds, (what.own, what.rival), ends, strict=True):
        points = " ".join(f"{_x(i, len(shares)):.1f},{_y(share):.1f}" for i, share in enumerate(shares))
        lines += (
            f'<polyline class="line {kind}" points="{points}"/>'
            f'<circle class="dot {kind}" cx="{_x(1, 2):.1f}" cy="{_y(shares[-1]):.1f}" r="4"/>'
            f'<text class="label {kind}" x="{_WIDTH - _RIGHT + 12}" y="{y + 4:.1f}">{safe(short(name, 20))}</text>'
        )
    where = "" if outcome.crafted is None else ", on the sources"
    described = f"From {percent(what.own[0])} to {percent(what.own[-1])} for {own}"
    return (
        f'<section class="chart"><h3>Confidence at each step{where}</h3>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{safe(described)}">'
        f"{_axes(count)}{lines}</svg></section>"
    )


def _axes(count: int) -> str:
    right, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    made = ""
    for share in (0, 0.5, 1):
        y = _y(share)
        made += f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        made += f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    for step in sorted({1, 1 + (count - 1) // 2, count}):
        x = _x(step - 1, count)
        made += f'<text class="tick" x="{x:.1f}" y="{floor + 18}" text-anchor="middle">{step:,}</text>'
    return made + f'<text class="tick" x="{right + 12}" y="{floor + 18}">step</text>'


def _x(index: int, count: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * index / (count - 1)


def _y(share: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - share)


def _apart(first: float, second: float) -> tuple[float, float]:
    """Two labels that do not cover each other: pushed apart evenly, inside the chart."""
    overlap = _LINE - abs(first - second)
    if overlap > 0:
        up = -overlap / 2 if first <= second else overlap / 2
        first, second = first + up, second - up
    shift = max(0.0, _TOP - min(first, second)) - max(0.0, max(first, second) - (_HEIGHT - _BOTTOM))
    return first + shift, second + shift


def _thinned(what: Curve) -> Curve:
    """At most some hundred points, the last one among them: more than pixels would only make the file large."""
    stride = max(1, math.ceil(len(what.own) / _MOST_POINTS))
    rows = list(range(0, len(what.own), stride))
    if rows and rows[-1] != len(what.own) - 1:
        rows.append(len(what.own) - 1)
    return Curve(tuple(what.own[i] for i in rows), tuple(what.rival[i] for i in rows))
