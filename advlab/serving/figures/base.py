"""What all figures share: words that can be read from the last row, and a frame that stays where it is."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from advlab.serving.figures.colours import Theme

HEIGHT = 560
_FONT = "Source Sans, Source Sans Pro, sans-serif"


def figure(theme: Theme, *, height: int = HEIGHT, keep: str = "") -> go.Figure:
    """An empty one.

    Args:
        theme: its colours.
        height: in pixels.
        keep: as long as this is the same, zoom and view stay as somebody has set them.
    """
    layout = go.Layout(
        template=None,
        height=height,
        margin={"l": 62, "r": 16, "t": 34, "b": 58},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "size": 15, "color": theme.text},
        hoverlabel={"font": {"size": 14}},
        uirevision=keep,
        dragmode="pan",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.quiet, "activecolor": theme.text},
        showlegend=False,
    )
    return go.Figure(layout=layout)


def axis(theme: Theme, title: str, **more: object) -> dict[str, Any]:
    """An axis with its title, few ticks and faint lines."""
    return {
        "title": {"text": title, "font": {"size": 16}},
        "tickfont": {"size": 14, "color": theme.quiet},
        "gridcolor": theme.lines,
        "zeroline": False,
        "nticks": 7,
        **more,
    }


def config(name: str) -> Mapping[str, object]:
    """Buttons over a figure; the picture that can be saved is large enough for a talk."""
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "scrollZoom": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "toggleSpikelines"],
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }


def halo(theme: Theme, text: str, size: int = 16) -> dict[str, Any]:
    """An annotation that can be read on anything."""
    back = "rgba(14,18,23,0.72)" if theme.dark else "rgba(255,255,255,0.78)"
    return {
        "text": text,
        "showarrow": False,
        "font": {"size": size, "color": theme.text},
        "bgcolor": back,
        "borderpad": 3,
    }


def legend(figure: go.Figure) -> None:
    """Names above a figure, for traces that have one; the others are left out."""
    for trace in figure.data:
        trace.showlegend = bool(trace.name)
    place = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "font": {"size": 14}}
    figure.update_layout(showlegend=True, legend=place, margin={"t": 64})
