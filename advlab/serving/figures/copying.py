"""How far a substitute agrees with its victim, over the questions that it took."""

import plotly.graph_objects as go

from advlab.serving.blackbox.substitute import Copied
from advlab.serving.figures import base
from advlab.serving.figures.colours import ADVERSARIAL, CLEAN, Theme, mixed

_HEIGHT = 400
_COLOUR_DARK = "#56B4E9"


def agreement(found: Copied, theme: Theme) -> go.Figure:
    """A point a round, with its 95% interval; the round under way is hollow and climbs."""
    figure = base.figure(theme, height=_HEIGHT, keep="agreement")
    points = [one for one in found.points if one.agreement is not None]
    colour = _COLOUR_DARK if theme.dark else CLEAN
    x = [one.queries for one in points]
    counts = [one.agreement for one in points if one.agreement is not None]
    low, high = ([100 * count.interval[end] for count in counts] for end in (0, 1))
    figure.add_trace(
        go.Scatter(x=[*x, *x[::-1]], y=[*high, *low[::-1]], fill="toself", mode="lines", line={"width": 0},
                   fillcolor=mixed(colour, theme.paper, 0.18), hoverinfo="skip")
    )  # fmt: skip
    last = len(points) - 1
    hollow = [found.now is not None and place == last for place in range(len(points))]
    figure.add_trace(
        go.Scatter(
            x=x, y=[100 * count.share for count in counts], mode="lines+markers", line={"color": colour, "width": 3},
            marker={"size": 12, "line": {"width": 3, "color": colour},
                    "color": [theme.paper if one else colour for one in hollow]},
            customdata=[(one.number, one.images, f"{count.correct} of {count.of}")
                        for one, count in zip(points, counts, strict=True)],
            hovertemplate="round %{customdata[0]}: %{customdata[2]} the same<br>after %{x:,} questions, "
            "%{customdata[1]:,} pictures<extra></extra>",
        )
    )  # fmt: skip
    if points:
        words = base.halo(theme, f"<b>{counts[-1].share:.0%}</b>", 18)
        figure.add_annotation(x=x[-1], y=100 * counts[-1].share, yanchor="bottom", yshift=12, **words)
    request = found.request
    reach = min(request.most_queries, max(_reach(found), *x, 1))
    if request.most_queries <= 1.3 * reach:
        figure.add_vline(x=request.most_queries, line={"color": ADVERSARIAL, "width": 2, "dash": "dash"})
        figure.add_annotation(x=request.most_queries, y=4, xanchor="right", xshift=-4,
                              **base.halo(theme, f"budget {request.most_queries:,}", 14))  # fmt: skip
    figure.update_xaxes(base.axis(theme, "questions asked of the victim", range=[0, 1.08 * reach], tickformat=","))
    figure.update_yaxes(
        base.axis(theme, "same answer, in %", range=[0, 109], tickvals=[0, 25, 50, 75, 100])
    )  # fmt: skip
    return figure


def _reach(found: Copied) -> int:
    """Questions after all rounds, if no picture stands still."""
    request, images = found.request, found.seeds
    for number in range(1, request.rounds):
        images += images if number <= request.doubling else min(images, request.reservoir)
    return images
