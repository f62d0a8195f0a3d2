"""The adversarial direction among random ones: distances as a histogram, the loss along each as lines."""

import numpy as np
import plotly.graph_objects as go

from advlab.serving.figures import axes, base
from advlab.serving.figures.colours import ADVERSARIAL, REST, Theme
from advlab.serving.geometry.spread import Spread

_HEIGHT = 380


def histogram(spread: Spread, theme: Theme, across: str) -> go.Figure:
    """Distances to the boundary in random directions, and the adversarial one as a line."""
    norm, scale = spread.request.norm, axes.factor(spread.request.norm)
    figure = base.figure(theme, height=_HEIGHT, keep="histogram")
    far = np.array(spread.random)
    met = far[np.isfinite(far)] * scale
    end = spread.reach * scale
    figure.add_trace(
        go.Histogram(
            x=met, name="random directions", xbins={"start": 0, "end": end, "size": end / 40}, marker={"color": REST},
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
        at = spread.adversarial * scale
        top = float(np.histogram(met, 40, (0, end))[0].max()) if len(met) else 1.0
        line = {"width": 4, "color": ADVERSARIAL}
        figure.add_trace(
            go.Scatter(x=[at, at], y=[0, 1.05 * max(top, 1.0)], mode="lines", line=line, name=f"along {across}",
                       hovertemplate="%{x:.3g}<extra></extra>")
        )  # fmt: skip
    figure.update_xaxes(base.axis(theme, f"distance to the boundary · {axes.unit(norm)}", range=[0, end * 1.12]))
    figure.update_yaxes(base.axis(theme, "random directions", nticks=5, rangemode="tozero"))
    figure.update_layout(bargap=0.06)
    base.legend(figure)
    return figure


def lines(spread: Spread, theme: Theme, across: str) -> go.Figure:
    """The loss on the way along the adversarial direction, and along random ones."""
    scale = axes.factor(spread.request.norm)
    figure = base.figure(theme, height=_HEIGHT, keep="lines")
    x = spread.line * scale
    for place, loss in enumerate(spread.wander):
        name = f"{len(spread.wander)} random directions" if place == 0 else None
        line = {"width": 1, "color": REST}
        figure.add_trace(go.Scatter(x=x, y=loss, mode="lines", line=line, name=name, hoverinfo="skip"))
    figure.add_trace(
        go.Scatter(x=x, y=spread.climb, mode="lines", line={"width": 4, "color": ADVERSARIAL}, name=f"along {across}",
                   hovertemplate="loss %{y:.3g} at %{x:.3g}<extra></extra>")
    )  # fmt: skip
    unit = axes.unit(spread.request.norm)
    figure.update_xaxes(base.axis(theme, f"distance from the picture · {unit}", range=[0, float(x[-1])]))
    figure.update_yaxes(base.axis(theme, "loss of the clean class", nticks=5, rangemode="tozero"))
    base.legend(figure)
    return figure
