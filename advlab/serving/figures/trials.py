"""Defenses over a set: standings with their intervals, accuracy against ε, what detectors tell apart."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import torch

from advlab.evaluation.detection import Roc, roc
from advlab.evaluation.trial import Suspicion, Trial
from advlab.models.shipped import Count
from advlab.serving.defend.survey import Survey
from advlab.serving.figures import axes, base
from advlab.serving.figures.colours import ADVERSARIAL, CLEAN, REST, Theme

UNAWARE = "#E69F00"
# Apart for colour-blind eyes, and not only by colour: each line has its own marks.
_LINES = ("#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#E69F00", "#6F4E9C", "#7A6A58")
_MARKS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "hexagon")
_COLUMNS = (
    ("clean", "Clean pictures", REST, "circle-open"),
    ("unaware", "Attack that does not know it", UNAWARE, "diamond"),
    ("adaptive", "Attack that does", ADVERSARIAL, "circle"),
)


def standings(found: Survey, theme: Theme) -> go.Figure:
    """A row a defense: the share of pictures that it gets right, clean and after both attacks, with 95% intervals."""
    rows = [(title, found.trials[key]) for key, title in found.rows if key in found.trials and found.trials[key].fates]
    figure = base.figure(theme, height=120 + 46 * max(1, len(rows)), keep="standings")
    for (name, title, colour, mark), shift in zip(_COLUMNS, (0.22, 0.0, -0.22), strict=True):
        counts: list[Count] = [getattr(trial, name) for _, trial in rows]
        shares = [100 * count.share for count in counts]
        ends = [count.interval for count in counts]
        figure.add_trace(
            go.Scatter(
                x=shares, y=[len(rows) - 1 - k + shift for k in range(len(rows))], mode="markers", name=title,
                marker={"size": 12, "color": colour, "symbol": mark, "line": {"width": 2, "color": colour}},
                error_x={
                    "type": "data", "symmetric": False, "color": colour, "thickness": 2, "width": 0,
                    "array": [100 * high - share for share, (_, high) in zip(shares, ends, strict=True)],
                    "arrayminus": [share - 100 * low for share, (low, _) in zip(shares, ends, strict=True)],
                },
                customdata=[
                    (row[0], f"{count.correct} of {count.of}", f"{100 * low:.0f}–{100 * high:.0f}")
                    for row, count, (low, high) in zip(rows, counts, ends, strict=True)
                ],
                hovertemplate=f"%{{customdata[0]}}<br>{title}: %{{x:.1f}}% (%{{customdata[1]}}), 95% interval "
                "%{customdata[2]}%<extra></extra>",
            )
        )  # fmt: skip
    for place in range(len(rows) - 1):
        figure.add_hline(y=place + 0.5, line={"width": 1, "color": theme.lines})
    figure.update_xaxes(base.axis(theme, "right, in % of all pictures", range=[-2, 102]))
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[title for title, _ in reversed(rows)], showgrid=False,
        zeroline=False, tickfont={"size": 15, "color": theme.text}, automargin=True, range=[-0.6, len(rows) - 0.4],
    )  # fmt: skip
    base.legend(figure)
    return figure


def radii(found: Survey, theme: Theme) -> go.Figure:
    """Accuracy against ε: whole lines under an attack that knows the defense, dotted ones under one that does not."""
    request = found.request
    figure = base.figure(theme, height=430, keep="radii")
    factor = axes.factor(request.norm)
    for number, (key, title) in enumerate(found.rows):
        if key not in found.trials:
            continue
        points = {request.eps: found.trials[key], **found.curves.get(key, {})}
        ordered = sorted(points.items())
        x = [0.0, *(eps * factor for eps, _ in ordered)]
        clean = 100 * found.trials[key].clean.share
        colour, mark = _LINES[number % len(_LINES)], _MARKS[number % len(_MARKS)]
        for name, dash, legend in (("adaptive", "solid", title), ("unaware", "dot", "")):
            y = [clean, *_falling([100 * getattr(trial, name).share for _, trial in ordered])]
            figure.add_trace(
                go.Scatter(
                    x=x, y=y, mode="lines+markers", line={"color": colour, "width": 3 if legend else 1.6, "dash": dash},
                    marker={"size": 10 if legend else 5, "symbol": mark}, name=legend, opacity=1 if legend else 0.75,
                    hovertemplate=f"{title}, attack that {'knows' if legend else 'does not know'} it: %{{y:.1f}}% at "
                    "ε = %{x:.3g}<extra></extra>",
                )
            )  # fmt: skip
    figure.update_xaxes(base.axis(theme, f"ε in {axes.unit(request.norm)}", rangemode="tozero"))
    figure.update_yaxes(base.axis(theme, "right, in %", range=[-2, 102]))
    base.legend(figure)
    return figure


def _falling(values: Sequence[float]) -> list[float]:
    """What fell within a smaller radius falls within a larger one, where the chosen ε was counted first."""
    return [float(value) for value in np.minimum.accumulate(np.array(values))]


def suspicions(trial: Trial) -> list[Suspicion]:
    """What a detector said of each picture; empty without one."""
    return [fate.suspicion for fate in trial.fates if fate.suspicion is not None]


def curve(trial: Trial, *, adaptive: bool) -> Roc | None:
    """How well the detector tells clean pictures from those that mislead the network; None without any of these."""
    said = suspicions(trial)
    wrong = [one.adaptive if adaptive else one.unaware for one in said if (one.misled if adaptive else one.fooled)]
    return roc(torch.tensor([one.clean for one in said]), torch.tensor(wrong)) if wrong else None


def told_apart(trial: Trial, theme: Theme) -> go.Figure:
    """The receiver operating characteristic under both attacks."""
    figure = base.figure(theme, height=380, keep=f"roc-{trial.contender.key}")
    figure.add_trace(go.Scatter(x=[0, 100], y=[0, 100], mode="lines", hoverinfo="skip",
                                line={"color": theme.quiet, "dash": "dot", "width": 1.5}))  # fmt: skip
    for adaptive, title, colour in (
        (False, "not known", UNAWARE),
        (True, "known", ADVERSARIAL),
    ):
        found = curve(trial, adaptive=adaptive)
        if found is not None:
            figure.add_trace(
                go.Scatter(x=100 * found.false, y=100 * found.true, mode="lines", line={"color": colour, "width": 3},
                           name=f"{title}, area {found.area:.2f}",
                           hovertemplate="%{y:.0f}% detected at %{x:.0f}% false alarms<extra></extra>")
            )  # fmt: skip
    figure.update_xaxes(base.axis(theme, "clean pictures rejected, in %", range=[-1, 101]))
    figure.update_yaxes(base.axis(theme, "misleading pictures rejected, in %", range=[-1, 101]))
    base.legend(figure)
    return figure


def scores(trial: Trial, theme: Theme) -> go.Figure:
    """How suspicious clean pictures are, and those of both attackers; the threshold is a line."""
    said = suspicions(trial)
    figure = base.figure(theme, height=380, keep=f"scores-{trial.contender.key}")
    groups = (
        ("clean", CLEAN, [one.clean for one in said]),
        ("not known", UNAWARE, [one.unaware for one in said if one.fooled]),
        ("known", ADVERSARIAL, [one.adaptive for one in said if one.misled]),
    )
    everything = np.array([value for _, _, values in groups for value in values] or [0.0])
    low, high = float(everything.min()), float(everything.max())
    width = max(high - low, 1e-6) / 40
    for title, colour, values in groups:
        figure.add_trace(
            go.Histogram(x=values, xbins={"start": low, "end": high + width, "size": width}, name=title, opacity=0.65,
                         marker={"color": colour}, hovertemplate=f"%{{y}} pictures, {title}<extra></extra>")
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": theme.text, "width": 2, "dash": "dash"})
    figure.add_annotation(x=0, y=1, yref="paper", yanchor="top", xanchor="left", **base.halo(theme, "rejected →", 14))
    figure.update_layout(barmode="overlay", bargap=0.04)
    figure.update_xaxes(base.axis(theme, "suspicion above the threshold"))
    figure.update_yaxes(base.axis(theme, "pictures", nticks=5, rangemode="tozero"))
    base.legend(figure)
    return figure
