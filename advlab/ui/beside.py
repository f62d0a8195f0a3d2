"""A second model beside the first."""

from html import escape

import streamlit as st

from advlab import models
from advlab.serving.outcome import Outcome, percent, size
from advlab.ui import viewer, work

_COLUMN = 300


def show(first: Outcome, second: Outcome) -> None:
    """The same attack on both, and the first one's picture shown to the second."""
    st.markdown("**The same attack on both models**")
    grid = st.grid(2, min_column_width=_COLUMN, gap="large")
    for place, outcome in (("first", first), ("second", second)):
        with grid.cell():
            _card(outcome)
            if outcome.changed:
                key = f"beside-{place}"
                view = viewer.reported(key) or "swipe"
                viewer.viewer(outcome, work.name(outcome), view=view, views=("swipe", "pair", "change"), key=key)
    st.html(f'<div class="transfer">{_transfer(first, second.request.model)}</div>')


def _card(outcome: Outcome) -> None:
    before, after = outcome.before, outcome.after
    kind = "adversarial" if after.index != before.index else "clean"
    change = f"{escape(before.label)} {percent(before.confidence)}"
    if outcome.changed:
        name = f"{escape(after.label)} " if after.index != before.index else ""
        change += f" → {name}{percent(after.confidence)}"
    st.html(
        f'<div class="verdict small {kind}"><div class="word">{escape(models.card(outcome.request.model).title)}: '
        f'{outcome.verdict}</div><div class="headline">{change}</div><div class="detail">'
        f"{outcome.request.norm.symbol} {size(outcome.request.norm, outcome.norms[outcome.request.norm.value])}, "
        f"{outcome.queries:,} queries</div></div>"
    )


def _transfer(first: Outcome, model: str) -> str:
    """Whether the picture made for one model fools the other, in a sentence."""
    if not first.changed:
        return ""
    job = work.transfer(first, model)
    if not job.wait(5) or job.value is None:
        return escape(job.problem or "The second model is still being asked about the first one's picture.")
    seen, title = job.value, escape(models.card(model).title)
    answer = f"<b>{escape(seen.adversarial.label)}</b> ({percent(seen.adversarial.confidence)})"
    clean = f"{escape(seen.clean.label)} ({percent(seen.clean.confidence)})"
    scaled = " The picture was scaled to its input size, as any photo would be." if seen.scaled else ""
    if seen.fooled:
        end = f"says {answer}; to the clean one it says {clean}. The picture fools both."
    else:
        end = f"still says {answer}. The picture does not fool it."
    return f"Shown the picture made for the first model, {title} {end}{scaled}"
