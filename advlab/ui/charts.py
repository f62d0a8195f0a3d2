"""Light charts: bars and lines by Vega-Lite, which Streamlit carries anyway.

Colours have a fixed meaning: blue the clean answer, vermillion what it became, purple the target.
"""

from collections.abc import Sequence
from html import escape

import streamlit as st

from advlab.analysis.survival import Survival, summary
from advlab.serving.outcome import Curve, Opinion, Outcome, percent
from advlab.ui import specs


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


def palette() -> specs.Colors:
    """The colours of the visitor's theme."""
    return tuple(_colors().items())


def draw(spec: specs.Spec, alt: str) -> None:
    """Put a chart on the page."""
    st.vega_lite_chart(spec=spec, width="stretch", alt=alt)


def keys(roles: Sequence[tuple[str, str]]) -> None:
    """What the colours of a chart mean, where it has no words in it: roles, and what is said of each."""
    colors = _colors()
    marks = (f'<span><i style="background:{colors[role]}"></i>{escape(said)}</span>' for role, said in roles)
    st.html(f'<div class="keys">{"".join(marks)}</div>')


def opinion(title: str, what: Opinion, clean: str | None = None, target: str | None = None) -> None:
    """The five likeliest classes as bars; `clean` is the answer before the attack, if this is after it."""
    described = "; ".join(f"{label} {percent(share)}" for label, share in what.top)
    st.markdown(f"**{title}**")
    draw(specs.opinion(what, clean, target, palette()), f"{title}: {described}")


def curve(what: Curve, own: str, *, targeted: bool, where: str = "") -> None:
    """Confidence of the goal's class and of its strongest rival, or the loss, step by step."""
    if len(what.own) < 2:
        return
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    head.markdown(f"**Step by step{where}**", width="content")
    shown = head.segmented_control(
        "Shown", ["Confidence", "Loss"], default="Confidence", required=True, key="curve", label_visibility="collapsed"
    )
    if shown == "Loss":
        _loss(what, own, targeted=targeted)
    else:
        _confidence(what, own, targeted=targeted)


def _confidence(what: Curve, own: str, *, targeted: bool) -> None:
    first, last = percent(what.own[0]), percent(what.own[-1])
    spec = specs.confidence(what, own, targeted, palette())
    draw(spec, f"Probability of {own} by step, from {first} to {last}.")


def _loss(what: Curve, own: str, *, targeted: bool) -> None:
    """Cross-entropy of the goal's class: what an attack climbs away from its class, or down towards its target."""
    losses = specs.losses(what)
    spec = specs.loss(what, own, targeted, palette())
    draw(spec, f"Cross-entropy of {own} by step, from {losses[0]:.3g} to {losses[-1]:.3g}.")


def survival(rows: Sequence[Survival], outcome: Outcome) -> None:
    """One bar a treatment: what the model says afterwards, and whether the attack still works."""
    truth, works = outcome.request.truth, "target" if outcome.goal else "adversarial"
    right = outcome.before.index if truth is None else truth
    st.caption(summary(rows, targeted=outcome.goal is not None))
    draw(
        specs.survival(tuple(rows), right, works, palette()),
        "; ".join(f"{row.name}: {'still works' if row.survives else row.label}" for row in rows),
    )
    legend = [f"{specs.SURVIVES[works]} " + ("target kept" if outcome.goal else "still fools the model")]
    legend += ["≠ another wrong answer"] if outcome.goal else []
    legend += ["✓ right again"]
    legend += [] if all(row.fair for row in rows) else ["grey: it upsets the clean picture, too"]
    st.caption(" · ".join(legend))
