"""Light charts: bars and lines, by Altair, which Streamlit carries anyway.

Colours have a fixed meaning: blue the clean answer, vermillion what it became, purple the target.
"""

import altair as alt
import pandas as pd
import streamlit as st

from advlab.serving.outcome import Curve, Opinion, percent


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
        }
    return {"clean": "#0072B2", "adversarial": "#D55E00", "target": "#CC79A7", "other": "#94A0AC", "text": "#14181D"}


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
        y=alt.Y(
            "label:N", sort=None, title=None, axis=alt.Axis(labelLimit=140, minExtent=140, ticks=False, domain=False)
        ),
        x=alt.X("share:Q", scale=alt.Scale(domain=[0, 1.22]), axis=None),
        tooltip=[alt.Tooltip("label", title="Class"), alt.Tooltip("text", title="Share")],
    )
    bars = base.mark_bar(cornerRadiusEnd=2, size=13).encode(color=alt.Color("color:N", scale=None, legend=None))
    texts = base.mark_text(align="left", dx=5, fontSize=12, color=colors["text"]).encode(text="text")
    described = "; ".join(f"{label} {percent(share)}" for label, share in what.top)
    st.markdown(f"**{title}**")
    st.altair_chart((bars + texts).properties(height=150), width="stretch", alt=f"{title}: {described}")


def curve(what: Curve, own: str, *, targeted: bool) -> None:
    """Probability of the goal's class and of its strongest rival, step by step."""
    if len(what.own) < 2:
        return
    colors, rival = _colors(), "strongest other class"
    steps = range(1, len(what.own) + 1)
    table = pd.concat(
        [
            pd.DataFrame({"step": steps, "share": what.own, "class": own}),
            pd.DataFrame({"step": steps, "share": what.rival, "class": rival}),
        ]
    )
    shades = [colors["target"], colors["clean"]] if targeted else [colors["clean"], colors["adversarial"]]
    color = alt.Color(
        "class:N",
        scale=alt.Scale(domain=[own, rival], range=shades),
        legend=alt.Legend(title=None, orient="top", labelLimit=260, offset=4),
    )
    chart = (
        alt.Chart(table)
        .mark_line(point=len(what.own) <= 60)
        .encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y(
                "share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", values=[0, 0.5, 1])
            ),
            color=color,
            tooltip=["class", "step", alt.Tooltip("share", format=".1%")],
        )
    )
    first, last = percent(what.own[0]), percent(what.own[-1])
    st.markdown("**Confidence at each step**")
    st.altair_chart(
        chart.properties(height=250), width="stretch", alt=f"Probability of {own} by step, from {first} to {last}."
    )
