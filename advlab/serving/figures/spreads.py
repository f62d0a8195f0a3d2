"""The adversarial direction among random ones: distances as a histogram, the loss along each as lines."""

import numpy as np
import plotly.graph_objects as go

from advlab.serving.figures import axes, base
from advlab.serving.figures.colours import ADVERSARIAL, REST, Theme
from advlab.serving.geometry.spread import Spread

_HEIGHT = 380


def histogram(spread: Spread, theme: Theme) -> go.Figure:
    """Distances to the boundary in random directions, and the adversarial one as a line."""
    norm, scale = spread.request.norm, axes.factor(spread.request.norm)
    figure = base.figure(theme, height=_HEIGHT, keep="histogram")
    far = np.array(spread.random)
    met = far[np.isfinite(far)] * scale
    end = spread.reach * scale
    figure.add_trace(
        go.Histogram(
            x=met, xbins={"start": 0, "end": end, "size": end / 40}, marker={"color": REST},
            hovertemplate="%{y} directions, %{x}<extra></extra>",
        )
    )  # fmt: skip
    never = len(far) - len(met)
    if never:
        figure.add_trace(
            go.Bar(x=[end * 1.06], y=[never], width=end / 20, marker={"color": REST, "pattern": {"shape": "/"}},
                   hovertemplate=f"{never} never cross it<extra></extra>")
        )  # fmt: skip
        words = base.halo(theme, f"{never} never do", 13)
        figure.add_annotation(x=end * 1.06, y=never, yanchor="bottom", **words)
    if np.isfinite(spread.adversarial):
        figure.add_vline(x=spread.adversarial * scale, line={"width": 4, "color": ADVERSARIAL})
        figure.add_annotation(
            x=spread.adversarial * scale, y=1, yref="paper", xanchor="left", yanchor="top", xshift=6,
            **base.halo(theme, "adversarial direction", 14),
        )  # fmt: skip
    figure.update_xaxes(base.axis(theme, f"distance to the boundary · {axes.unit(norm)}", range=[0, end * 1.12]))
    figure.update_yaxes(base.axis(theme, "random directions", nticks=5, rangemode="tozero"))
    figure.update_layout(bargap=0.06)
    return figure


def lines(spread: Spread, theme: Theme) -> go.Figure:
    """The loss on the way along the adversarial direction, and along random ones."""
    scale = axes.factor(spread.request.norm)
    figure = base.figure(theme, height=_HEIGHT, keep="lines")
    x = spread.line * scale
    for loss in spread.wander:
        figure.add_trace(go.Scatter(x=x, y=loss, mode="lines", line={"width": 1, "color": REST}, hoverinfo="skip"))
    figure.add_trace(
        go.Scatter(x=x, y=spread.climb, mode="lines", line={"width": 4, "color": ADVERSARIAL},
                   hovertemplate="loss %{y:.3g} at %{x:.3g}<extra></extra>")
    )  # fmt: skip
    end = {"x": x[-1], "xanchor": "right", "yanchor": "bottom"}
    figure.add_annotation(y=float(spread.climb[-1]), **end, **base.halo(theme, "adversarial direction", 14))
    if len(spread.wander):
        text = f"{len(spread.wander)} random directions"
        figure.add_annotation(y=float(np.max(spread.wander[:, -1])), **end, **base.halo(theme, text, 14))
    unit = axes.unit(spread.request.norm)
    figure.update_xaxes(base.axis(theme, f"distance from the picture · {unit}", range=[0, float(x[-1])]))
    figure.update_yaxes(base.axis(theme, "loss of the clean class", nticks=5, rangemode="tozero"))
    return figure
