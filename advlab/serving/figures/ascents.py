"""Madry et al.'s inner maximum: the losses that restarts of PGD reach, step by step and at the end."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from advlab.serving.figures import base
from advlab.serving.figures.colours import ADVERSARIAL, CLEAN, Theme
from advlab.serving.geometry.ascent import STEPS, Ascent

_HEIGHT = 380
# The first network, and the one beside it.
_COLOURS = (ADVERSARIAL, CLEAN)


def climbs(ascents: Sequence[Ascent], theme: Theme) -> go.Figure:
    """The loss of each restart over the steps, and their median; one colour a network."""
    figure = base.figure(theme, height=_HEIGHT, keep="climbs")
    for one, colour in zip(ascents, _COLOURS, strict=False):
        steps = np.arange(one.loss.shape[1])
        # All restarts as one line with gaps: fifty traces would make the page slow.
        gap = np.full((len(one.loss), 1), np.nan)
        x = np.concatenate([np.tile(steps, (len(one.loss), 1)), gap], 1).ravel()
        y = np.concatenate([one.loss, gap], 1).ravel()
        figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line={"width": 1, "color": colour}, opacity=0.3,
                                    hoverinfo="skip"))  # fmt: skip
        middle = np.median(one.loss, 0)
        figure.add_trace(
            go.Scatter(x=steps, y=middle, mode="lines", line={"width": 4, "color": colour}, name=one.title,
                       hovertemplate=f"{one.title}: median loss %{{y:.3g}} at step %{{x}}<extra></extra>")
        )  # fmt: skip
    figure.update_xaxes(base.axis(theme, "step of PGD", range=[0, STEPS]))
    figure.update_yaxes(base.axis(theme, "loss of the clean class", nticks=5, rangemode="tozero"))
    base.legend(figure)
    return figure


def reached(ascents: Sequence[Ascent], theme: Theme) -> go.Figure:
    """The losses at the last step, as one histogram a network."""
    figure = base.figure(theme, height=_HEIGHT, keep="reached")
    last = [one.loss[:, -1] for one in ascents]
    top = max((float(loss.max()) for loss in last), default=1.0) or 1.0
    for one, loss, colour in zip(ascents, last, _COLOURS, strict=False):
        figure.add_trace(
            go.Histogram(
                x=loss, xbins={"start": 0, "end": top * 1.001, "size": top / 40}, name=one.title,
                marker={"color": colour}, opacity=0.75, hovertemplate="%{y} restarts<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
    figure.update_layout(barmode="overlay", bargap=0.06)
    figure.update_xaxes(base.axis(theme, "loss that a restart reached", range=[0, top * 1.05]))
    figure.update_yaxes(base.axis(theme, "restarts", nticks=5, rangemode="tozero"))
    base.legend(figure)
    return figure
