"""Light charts: bars and lines, by Altair, which Streamlit carries anyway."""

import altair as alt
import pandas as pd
import streamlit as st

from advlab.serving.outcome import Curve, Opinion, percent

CLEAN, ADVERSARIAL = "#0072B2", "#D55E00"


def _text_color() -> str:
    """Marks of text do not follow Streamlit's theme by themselves."""
    return "#ECEFF3" if st.context.theme.type == "dark" else "#14181D"


def opinion(title: str, what: Opinion, color: str) -> None:
    """The five likeliest classes as bars with their shares."""
    table = pd.DataFrame(what.top, columns=["label", "share"])
    table["text"] = table["share"].map(percent)
    base = alt.Chart(table).encode(
        y=alt.Y(
            "label:N", sort=None, title=None, axis=alt.Axis(labelLimit=150, minExtent=150, ticks=False, domain=False)
        ),
        x=alt.X("share:Q", scale=alt.Scale(domain=[0, 1.18]), axis=None),
        tooltip=[alt.Tooltip("label", title="Class"), alt.Tooltip("text", title="Share")],
    )
    bars = base.mark_bar(color=color, cornerRadiusEnd=2, size=13)
    texts = base.mark_text(align="left", dx=5, fontSize=12, color=_text_color()).encode(text="text")
    described = "; ".join(f"{label} {percent(share)}" for label, share in what.top)
    st.markdown(f"**{title}**")
    st.altair_chart((bars + texts).properties(height=150), width="stretch", alt=f"{title}: {described}")


def curve(what: Curve, own: str, *, targeted: bool) -> None:
    """Probability of the goal's class and of its strongest rival, step by step."""
    if len(what.own) < 2:
        return
    rival = "strongest other class"
    steps = range(1, len(what.own) + 1)
    table = pd.concat(
        [
            pd.DataFrame({"step": steps, "share": what.own, "class": own}),
            pd.DataFrame({"step": steps, "share": what.rival, "class": rival}),
        ]
    )
    colors = [ADVERSARIAL, CLEAN] if targeted else [CLEAN, ADVERSARIAL]
    chart = (
        alt.Chart(table)
        .mark_line(point=len(what.own) <= 60)
        .encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y(
                "share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", values=[0, 0.5, 1])
            ),
            color=alt.Color(
                "class:N",
                scale=alt.Scale(domain=[own, rival], range=colors),
                legend=alt.Legend(title=None, orient="bottom", labelLimit=260),
            ),
            tooltip=["class", "step", alt.Tooltip("share", format=".1%")],
        )
    )
    first, last = percent(what.own[0]), percent(what.own[-1])
    st.markdown("**Confidence at each step**")
    st.altair_chart(
        chart.properties(height=260), width="stretch", alt=f"Probability of {own} by step, from {first} to {last}."
    )
