"""Masking laid open, and a certificate against attacks, as figures."""

import numpy as np
import plotly.graph_objects as go

from advlab.core.norms import Norm
from advlab.evaluation.autopsy import Autopsy, Gradients, Lines
from advlab.evaluation.envelope import Envelope
from advlab.serving.figures import axes, base
from advlab.serving.figures.colours import ADVERSARIAL, CLEAN, REST, Theme, mixed

_HEIGHT = 360


def stages(found: Autopsy, theme: Theme) -> go.Figure:
    """What is left after one attack after the other."""
    figure = base.figure(theme, height=400, keep="stages")
    shares = [100 * stage.left.share for stage in found.stages]
    ends = [stage.left.interval for stage in found.stages]
    figure.add_trace(
        go.Bar(
            x=[stage.name for stage in found.stages], y=shares,
            marker={"color": [REST if stage.name == "Clean" else ADVERSARIAL for stage in found.stages]},
            error_y={
                "type": "data", "symmetric": False, "color": theme.quiet, "thickness": 1.5, "width": 5,
                "array": [100 * high - share for share, (_, high) in zip(shares, ends, strict=True)],
                "arrayminus": [share - 100 * low for share, (low, _) in zip(shares, ends, strict=True)],
            },
            customdata=[(stage.what, f"{stage.left.correct} of {stage.left.of}") for stage in found.stages],
            hovertemplate="%{x}: %{customdata[1]} still right<br>%{customdata[0]}<extra></extra>",
        )
    )  # fmt: skip
    for stage, share, (_, high) in zip(found.stages, shares, ends, strict=True):
        figure.add_annotation(x=stage.name, y=100 * high, yanchor="bottom", yshift=3, text=f"<b>{share:.0f}%</b>",
                              showarrow=False, font={"size": 18, "color": theme.text})  # fmt: skip
    figure.update_xaxes(tickfont={"size": 14, "color": theme.text}, automargin=True)
    figure.update_yaxes(base.axis(theme, "still right, in %", range=[0, 118], tickvals=[0, 25, 50, 75, 100]))
    return figure


def leads(deployed: Gradients, bare: Gradients, title: str, theme: Theme) -> go.Figure:
    """How far the largest logit leads, with the point from which float32 takes the network for certain."""
    figure = base.figure(theme, height=_HEIGHT, keep="leads")
    low = 0.01
    edges = np.geomspace(low, max(1e3, float(deployed.leads.max()) * 1.1), 46)
    for name, colour, values in (("no defense", CLEAN, bare.leads), (title, ADVERSARIAL, deployed.leads)):
        counts, _ = np.histogram(np.clip(values, low, None), edges)
        figure.add_trace(
            go.Bar(x=np.sqrt(edges[1:] * edges[:-1]), y=counts, width=np.diff(edges), name=name, opacity=0.7,
                   marker={"color": colour}, hovertemplate=f"%{{y}} pictures, {name}<extra></extra>")
        )  # fmt: skip
    figure.add_vline(x=17, line={"color": theme.text, "width": 2, "dash": "dash"})
    figure.add_annotation(x=np.log10(17), y=1, yref="paper", xanchor="left", yanchor="top",
                          **base.halo(theme, "the softmax is exactly 1 →", 14))  # fmt: skip
    figure.update_layout(barmode="overlay", bargap=0)
    figure.update_xaxes(base.axis(theme, "lead of the largest logit", type="log"))
    figure.update_yaxes(base.axis(theme, "pictures", nticks=5, rangemode="tozero"))
    base.legend(figure)
    return figure


def lines(found: Lines, norm: Norm, theme: Theme) -> go.Figure:
    """The loss that an attacker sees, along the way out and along random ways."""
    figure = base.figure(theme, height=_HEIGHT, keep="lines")
    x = found.lengths * axes.factor(norm)
    gap = np.full((len(found.random), 1), np.nan)
    figure.add_trace(
        go.Scatter(
            x=np.concatenate([np.tile(x, (len(found.random), 1)), gap], 1).ravel(),
            y=np.concatenate([found.random, gap], 1).ravel(), mode="lines", line={"color": REST, "width": 1.5},
            name=f"{len(found.random)} random directions", hoverinfo="skip",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=x, y=found.along, mode="lines", line={"color": ADVERSARIAL, "width": 4}, name="the way out",
                   hovertemplate="loss %{y:.3g} at %{x:.3g}<extra></extra>")
    )  # fmt: skip
    figure.update_xaxes(base.axis(theme, f"length of the change, {axes.unit(norm)}", rangemode="tozero"))
    figure.update_yaxes(base.axis(theme, "cross-entropy", nticks=5))
    base.legend(figure)
    return figure


def envelope(found: Envelope, theme: Theme) -> go.Figure:
    """What is proved, what is broken, and the gap between them."""
    figure = base.figure(theme, height=460, keep="envelope")
    highest = max([one.radius for one in found.certificates] + [radius for radius, _ in found.attacked] + [0.1])
    grid = np.linspace(0, highest * 1.05, 160)
    proved = np.array([100 * found.certified(max(float(r), 1e-9)).share for r in grid])
    if found.attacked:
        x = [0.0, *(radius for radius, _ in found.attacked)]
        y = [100 * found.certified(1e-9).share, *(100 * count.share for _, count in found.attacked)]
        reach = grid <= x[-1]
        # An attack within a radius says something about all larger ones: the bound falls in steps.
        steps = np.array(y)[np.searchsorted(x, grid[reach], side="right") - 1]
        colour = mixed(ADVERSARIAL, theme.paper, 0.25)
        figure.add_trace(go.Scatter(x=grid[reach], y=proved[reach], mode="lines", line={"width": 0}, hoverinfo="skip"))
        figure.add_trace(go.Scatter(x=grid[reach], y=steps, mode="lines", line={"width": 0}, fill="tonexty",
                                    fillcolor=colour, hoverinfo="skip", name="nobody knows"))  # fmt: skip
        figure.add_trace(
            go.Scatter(x=x, y=y, mode="lines+markers", line={"color": ADVERSARIAL, "width": 4, "shape": "hv"},
                       marker={"size": 10}, name="right under the best attack: at most this",
                       hovertemplate="at most %{y:.0f}% within L2 %{x:.2f}<extra></extra>")
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=grid, y=proved, mode="lines", line={"color": CLEAN, "width": 4, "shape": "hv"},
                   name="proved right: at least this",
                   hovertemplate="at least %{y:.0f}% within L2 %{x:.2f}<extra></extra>")
    )  # fmt: skip
    figure.update_xaxes(base.axis(theme, "size of the change, L2", range=[0, float(grid[-1])]))
    figure.update_yaxes(base.axis(theme, "right, in %", range=[0, 104]))
    base.legend(figure)
    return figure
