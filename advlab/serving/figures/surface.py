"""The loss over a slice in three dimensions: flat or ragged is how gradient masking looks."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from advlab.serving.figures import axes, base
from advlab.serving.figures.colours import CLEAN, REST, Theme
from advlab.serving.figures.slices import stepped
from advlab.serving.geometry.landscape import Landscape

# More lines than this make a surface slow to turn and no clearer.
_MOST = 101


def loss_surface(land: Landscape, colours: Mapping[int, str], theme: Theme, highest: float | None = None) -> go.Figure:
    """Height: cross-entropy to the clean class. Colour: the class that is answered.

    Args:
        land: a slice.
        colours: of the classes.
        theme: of what is around.
        highest: of the vertical axis, where surfaces are compared.
    """
    every = -(-len(land.slice.lines) // _MOST)
    loss = land.slice.values["loss"][::every, ::every].astype(np.float32)
    lines = land.slice.lines[::every] * axes.factor(land.request.norm)
    codes, scale = stepped(land.slice.index[::every, ::every], colours, theme, 1.0)
    top = highest or max(float(loss.max()), 1e-3)
    figure = base.figure(theme, keep=land.request.key(land.model, "loss"))
    figure.add_trace(
        go.Surface(
            z=loss, x=lines, y=lines, surfacecolor=codes.astype(np.float32), colorscale=scale, cmin=-0.5,
            cmax=len(colours) + 0.5, showscale=False, hovertemplate="loss %{z:.3g}<extra></extra>",
            lighting={"ambient": 0.9, "diffuse": 0.3, "specular": 0.1, "roughness": 0.9},
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter3d(
            x=[0], y=[0], z=[float(land.slice.values["loss"][len(land.slice.lines) // 2, len(land.slice.lines) // 2])],
            mode="markers", marker={"size": 7, "color": CLEAN, "line": {"width": 2, "color": theme.paper}},
            hovertemplate="the picture<extra></extra>",
        )
    )  # fmt: skip
    unit = axes.unit(land.request.norm)
    plain = {"tickfont": {"size": 12, "color": theme.quiet}, "gridcolor": theme.lines, "nticks": 5,
             "showbackground": False}  # fmt: skip
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        scene={
            "xaxis": {"title": {"text": f"across · {unit}"}, **plain},
            "yaxis": {"title": {"text": f"up · {unit}"}, **plain},
            "zaxis": {"title": {"text": ""}, "range": [0, 1.05 * top], **plain},
            "aspectmode": "manual",
            "aspectratio": {"x": 1, "y": 1, "z": 0.65},
            "camera": {"eye": {"x": 1.45, "y": -1.55, "z": 0.8}, "center": {"x": 0, "y": 0, "z": -0.12}},
        },
    )
    return figure


def legend(colours: Mapping[int, str], names: Mapping[int, str]) -> list[tuple[str, str]]:
    """Names and colours of what is on a surface, which has no room for words."""
    shown = [(names[index], colour) for index, colour in colours.items() if index in names]
    return shown if len(shown) == len(names) else [*shown, ("other classes", REST)]
