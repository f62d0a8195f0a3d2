"""A slice as a table, as CSV, and as one HTML file that opens without the internet."""

import io
from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from advlab.serving.figures.axes import length
from advlab.serving.geometry.landscape import Landscape
from advlab.serving.geometry.words import Said
from advlab.serving.outcome import percent

_STYLE = """body { font: 17px/1.5 system-ui, sans-serif; color: #14181D; background: #fff; margin: 2rem auto;
max-width: 1240px; padding: 0 1rem } h1 { font-size: 2rem; margin: 0 } p { color: #55606B; margin: .3rem 0 1rem }
.figures { display: flex; flex-wrap: wrap; gap: 1rem } .figures > div { flex: 1 1 520px; min-width: 0 }"""


def csv(land: Landscape) -> str:
    """One line a point, row by row; positions in the plane's norm, of the [0, 1] picture."""
    across, up = np.meshgrid(land.slice.lines, land.slice.lines)
    columns = {
        "across": across.ravel(),
        "up": up.ravel(),
        "class": land.slice.index.ravel(),
        "name": [land.names[int(index)] for index in land.slice.index.ravel()],
        **{name: values.ravel() for name, values in land.slice.values.items() if name != "lead"},
        "asked": land.slice.known.ravel().astype(int),
    }
    file = io.StringIO()
    pd.DataFrame(columns).to_csv(file, index=False, float_format="%.7g")
    return file.getvalue()


def table(land: Landscape) -> pd.DataFrame:
    """The slice in words: each class with its part of the area, and how far the clean one reaches."""
    norm = land.request.norm
    rows = [
        {"What": f"{name}{' (clean class)' if index == land.clean else ''}", "Value": f"{percent(land.share(index))}"}
        for index, name in sorted(land.names.items(), key=lambda pair: -land.share(pair[0]))
    ]
    ways = ("across", "against across", "up", "against up")
    rows += [
        {"What": f"Distance to the boundary, {way}", "Value": length(norm, far, land.farthest)}
        for way, far in zip(ways, land.distances or (), strict=False)
    ]
    return pd.DataFrame(rows)


def html(lands: Sequence[Landscape], figures: Sequence[go.Figure], said: Said) -> str:
    """The figures with their sentence."""
    parts = []
    for place, (land, figure) in enumerate(zip(lands, figures, strict=True)):
        drawing = figure.to_html(full_html=False, include_plotlyjs=place == 0)
        parts.append(f"<div><h2>{escape(land.title)}</h2>{drawing}</div>")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A decision boundary</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(said.headline)}</h1><p>{escape(said.detail)}</p>"
        f'<div class="figures">{"".join(parts)}</div></body></html>'
    )
