"""Light charts: bars and lines, by Altair, which Streamlit carries anyway.

Colours have a fixed meaning: blue the clean answer, vermillion what it became, purple the target.
"""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from advlab.analysis.survival import Survival, summary
from advlab.serving.outcome import Curve, Opinion, Outcome, percent

_HEIGHT = 250


def _dark() -> bool:
    return st.context.theme.type == "dark"


def _colors() -> dict[str, str]:
    """Brighter on dark, where the blue of the light theme is faint; texts do not follow the theme alone."""
    if _dark():
        return {
            "clean": "#56B4E9",
            "adversarial": "#F08A3C",
            "target": "#DDA0C4",
            "other": "#8893A0",
            "text": "#ECEFF3",
            "quiet": "#A9B4C0",
        }
    return {
        "clean": "#0072B2",
        "adversarial": "#D55E00",
        "target": "#CC79A7",
        "other": "#94A0AC",
        "text": "#14181D",
        "quiet": "#55606B",
    }


def _axis(**options: Any) -> alt.Axis:  # noqa: ANN401 - Altair's own options
    """An axis whose words can be read: the theme's own grey is too faint."""
    quiet = _colors()["quiet"]
    return alt.Axis(labelColor=quiet, titleColor=quiet, **options)


def opinion(title: str, what: Opinion, clean: str | None = None, target: str | None = None) -> None:
    """The five likeliest classes as bars; `clean` is the answer before the attack, if this is after it."""
    colors = _colors()
    roles = {what.label: "clean" if clean is None or what.label == clean else "adversarial"}
    roles |= {clean: "clean"} if clean else {}
    roles |= {target: "target"} if target else {}
    table = pd.DataFrame(what.top, columns=["label", "share"])
    table["text"] = table["share"].map(percent)
    table["color"] = [colors[roles.get(label, "other")] for label in table["label"]]
    base = alt.Chart(table).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_axis(labelLimit=140, minExtent=140, ticks=False, domain=False)),
        x=alt.X("share:Q", scale=alt.Scale(domain=[0, 1.22]), axis=None),
        tooltip=[alt.Tooltip("label", title="Class"), alt.Tooltip("text", title="Share")],
    )
    bars = base.mark_bar(cornerRadiusEnd=2, size=13).encode(color=alt.Color("color:N", scale=None, legend=None))
    texts = base.mark_text(align="left", dx=5, fontSize=12, color=colors["text"]).encode(text="text")
    described = "; ".join(f"{label} {percent(share)}" for label, share in what.top)
    st.markdown(f"**{title}**")
    st.altair_chart((bars + texts).properties(height=132), width="stretch", alt=f"{title}: {described}")


def curve(what: Curve, own: str, *, targeted: bool) -> None:
    """Confidence of the goal's class and of its strongest rival, or the loss, step by step."""
    if len(what.own) < 2:
        return
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    head.markdown("**Step by step**", width="content")
    shown = head.segmented_control(
        "Shown", ["Confidence", "Loss"], default="Confidence", required=True, key="curve", label_visibility="collapsed"
    )
    if shown == "Loss":
        _loss(what, own, targeted=targeted)
    else:
        _confidence(what, own, targeted=targeted)


def _confidence(what: Curve, own: str, *, targeted: bool) -> None:
    colors, rival = _colors(), "strongest other class"
    steps = range(1, len(what.own) + 1)
    table = pd.concat(
        [
            pd.DataFrame({"step": steps, "share": what.own, "class": own}),
            pd.DataFrame({"step": steps, "share": what.rival, "class": rival}),
        ]
    )
    shades = [colors["target"], colors["clean"]] if targeted else [colors["clean"], colors["adversarial"]]
    chart = (
        alt.Chart(table)
        .mark_line(point=len(what.own) <= 60)
        .encode(
            x=alt.X("step:Q", title="step", axis=_axis(tickMinStep=1, grid=False)),
            y=alt.Y(
                "share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=_axis(format=".0%", values=[0, 0.5, 1])
            ),
            color=alt.Color(
                "class:N",
                scale=alt.Scale(domain=[own, rival], range=shades),
                legend=alt.Legend(title=None, orient="top", labelLimit=260, offset=4, labelColor=colors["quiet"]),
            ),
            tooltip=["class", "step", alt.Tooltip("share", format=".1%")],
        )
    )
    first, last = percent(what.own[0]), percent(what.own[-1])
    st.altair_chart(
        chart.properties(height=_HEIGHT), width="stretch", alt=f"Probability of {own} by step, from {first} to {last}."
    )


def _loss(what: Curve, own: str, *, targeted: bool) -> None:
    """Cross-entropy of the goal's class: what an attack climbs away from its class, or down towards its target."""
    losses = [-math.log(max(share, 1e-38)) for share in what.own]
    table = pd.DataFrame({"step": range(1, len(losses) + 1), "loss": losses})
    color = _colors()["target" if targeted else "clean"]
    chart = (
        alt.Chart(table)
        .mark_line(point=len(losses) <= 60, color=color)
        .encode(
            x=alt.X("step:Q", title="step", axis=_axis(tickMinStep=1, grid=False)),
            y=alt.Y("loss:Q", title=f"cross-entropy of “{own}” (nats)", scale=alt.Scale(zero=True), axis=_axis()),
            tooltip=["step", alt.Tooltip("loss", format=".3g")],
        )
    )
    st.altair_chart(
        chart.properties(height=_HEIGHT),
        width="stretch",
        alt=f"Cross-entropy of {own} by step, from {losses[0]:.3g} to {losses[-1]:.3g}.",
    )


def survival(rows: Sequence[Survival], outcome: Outcome) -> None:
    """One bar a treatment: what the model says afterwards, and whether the attack still works."""
    colors = _colors()
    works = "target" if outcome.goal else "adversarial"
    table = pd.DataFrame(
        {
            "name": [row.name for row in rows],
            "share": [row.confidence for row in rows],
            "text": [f"{'✕' if row.survives else '✓'} {row.label} {percent(row.confidence)}" for row in rows],
            "about": [
                row.detail if row.clean_holds else f"{row.detail} It upsets the clean picture too." for row in rows
            ],
            "color": [
                colors["other"] if not row.clean_holds else colors[works if row.survives else "clean"] for row in rows
            ],
        }
    )
    axis = _axis(labelLimit=150, labelOverlap=False, ticks=False, domain=False)
    base = alt.Chart(table).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=axis),
        x=alt.X("share:Q", scale=alt.Scale(domain=[0, 1.9]), axis=None),
        tooltip=[alt.Tooltip("name", title="Treatment"), alt.Tooltip("about", title="What is done"),
                 alt.Tooltip("text", title="The model says")],
    )  # fmt: skip
    bars = base.mark_bar(cornerRadiusEnd=2, size=12).encode(color=alt.Color("color:N", scale=None, legend=None))
    texts = base.mark_text(align="left", dx=5, fontSize=12, limit=190, color=colors["text"]).encode(text="text")
    st.caption(summary(rows))
    st.altair_chart(
        (bars + texts).properties(height=21 * len(rows)),
        width="stretch",
        alt="; ".join(f"{row.name}: {'still fools' if row.survives else 'undone'}" for row in rows),
    )
    legend = "✕ it still fools the model · ✓ undone" + (
        " · grey: it upsets the clean picture, too" if not all(row.clean_holds for row in rows) else ""
    )
    st.caption(legend)
