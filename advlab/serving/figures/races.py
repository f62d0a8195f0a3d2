"""What questions buy: the size of the smallest change that each attack has found, against what it asked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from advlab.core.norms import Norm
from advlab.serving.figures import axes, base
from advlab.serving.figures.colours import Theme
from advlab.serving.outcome import size

_HEIGHT = 520
# Okabe and Ito's, the darkest first: the first attacks are the ones that most people look at.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#7A7A7A")
_FIRST = 10  # questions at the left end
# Names at the ends of lines are at least this far apart, as a share of the axis.
_APART = 0.062


@dataclass(frozen=True)
class Line:
    """One attack.

    Attributes:
        title: its name.
        points: questions, and the size after them; none before it has reached the goal.
        asked: questions so far.
    """

    title: str
    points: tuple[tuple[int, float], ...]
    asked: int


@dataclass(frozen=True)
class Course:
    """What is raced for: a norm, the radius that counts as success, how many questions, the price of a thousand."""

    norm: Norm
    eps: float
    budget: int
    price: float


def colours(titles: Sequence[str]) -> Mapping[str, str]:
    """The colour of each attack."""
    return {title: _COLOURS[place % len(_COLOURS)] for place, title in enumerate(titles)}


def race(lines: Sequence[Line], course: Course, theme: Theme) -> go.Figure:
    """A line for each attack, on logarithmic axes."""
    norm, eps, budget, price = course.norm, course.eps, course.budget, course.price
    figure = base.figure(theme, height=_HEIGHT, keep=f"race {norm} {budget}")
    factor, shades = axes.factor(norm), colours([line.title for line in lines])
    ends: list[tuple[float, str]] = []
    for line in lines:
        if not line.points:
            continue
        questions = [float(max(1, asked)) for asked, _ in line.points] + [float(max(1, line.asked))]
        sizes = [far * factor for _, far in line.points] + [line.points[-1][1] * factor]
        colour = shades[line.title]
        figure.add_trace(
            go.Scatter(
                x=questions, y=sizes, mode="lines", name=line.title, line={"width": 4, "color": colour, "shape": "hv"},
                hovertemplate=f"{line.title}: %{{y:.3g}} after %{{x:,.0f}} questions<extra></extra>",
            )
        )  # fmt: skip
        figure.add_trace(
            go.Scatter(x=questions[-1:], y=sizes[-1:], mode="markers", marker={"size": 12, "color": colour},
                       hoverinfo="skip")
        )  # fmt: skip
        # The line's colour as a dot only: some of them are too faint for words, on white or on black.
        dot = f'<span style="color:{colour}">●</span>'
        ends.append((math.log10(sizes[-1]), f"{dot} <b>{line.title}</b> {size(norm, line.points[-1][1])}"))
    limit = eps * factor
    low, high = _span([far * factor for line in lines for _, far in line.points], limit)
    for y, text in _spread(ends, (high - low) * _APART):
        figure.add_annotation(
            x=1.0, xref="paper", y=y, text=text, showarrow=False, xanchor="left", xshift=10,
            font={"size": 17, "color": theme.text}, align="left",
        )  # fmt: skip
    figure.add_hline(y=limit, line={"width": 1.5, "dash": "dash", "color": theme.quiet})
    figure.add_annotation(x=0.0, xref="paper", y=math.log10(limit), yshift=11, xanchor="left",
                          **base.halo(theme, f"ε = {size(norm, eps)}", 15))  # fmt: skip
    ticks = _ticks(budget)
    figure.update_xaxes(
        base.axis(theme, "questions asked" + (", and what they cost" if price else "")), type="log",
        range=[math.log10(_FIRST), math.log10(max(budget, 2 * _FIRST)) + 0.02], tickvals=ticks,
        ticktext=[_tick(at, price) for at in ticks], tickangle=0,
        minor={"tickvals": _steps(_FIRST, budget), "showgrid": True, "gridcolor": theme.lines},
    )  # fmt: skip
    words = {Norm.LINF: "largest change, n/255", Norm.L0: "pixels changed"}
    title = words.get(norm, f"size of the change, {norm.symbol}")
    marks = _steps(10**low, 10**high)
    figure.update_yaxes(
        base.axis(theme, title), type="log", range=[low, high], tickvals=marks, ticktext=[f"{at:g}" for at in marks]
    )
    figure.update_layout(margin={"r": 224, "b": 76 if price else 58})
    return figure


def told(lines: Sequence[Line], norm: Norm) -> str:
    """The figure in words."""
    said = [
        f"{line.title}: {size(norm, line.points[-1][1])} after {line.asked:,} questions"
        if line.points
        else f"{line.title}: nothing yet after {line.asked:,} questions"
        for line in lines
    ]
    return "Smallest change found. " + "; ".join(said) + "."


def money(questions: int, price: float) -> str:
    """What so many questions cost."""
    return f"${questions * price / 1000:,.2f}"


def _span(sizes: Sequence[float], limit: float) -> tuple[float, float]:
    """Both ends of the axis, as logarithms."""
    low, high = min([*sizes, limit]), max([*sizes, limit])
    return math.log10(low) - 0.12, math.log10(high) + 0.12


def _spread(ends: Sequence[tuple[float, str]], apart: float) -> list[tuple[float, str]]:
    """The names from below, each moved up as far as it must be to be read."""
    placed: list[tuple[float, str]] = []
    for y, text in sorted(ends):
        placed.append((max(y, placed[-1][0] + apart) if placed else y, text))
    return placed


def _steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between two numbers; powers alone where there are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if len(powers) < 5 else (1,)
    return [at for power in powers for step in steps if low <= (at := step * 10.0**power) <= high]


def _ticks(budget: int) -> list[int]:
    """Powers of ten and the budget: on a narrow screen, too, none of them reaches the next one."""
    powers = (_FIRST * 10**k for k in range(math.ceil(math.log10(max(budget / _FIRST, 1)))))
    return [*(at for at in powers if at * 2.5 < budget), budget]


def _tick(questions: int, price: float) -> str:
    return f"{questions:,}" + (f"<br>{money(questions, price)}" if price else "")
