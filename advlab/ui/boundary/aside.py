"""What is beside the slice: random directions, and what training sees."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import streamlit as st

from advlab.core.norms import Norm
from advlab.models import Card
from advlab.serving.figures import ascents, base, spreads
from advlab.serving.geometry import words
from advlab.serving.geometry.ascent import RESTARTS, STEPS, Ascent
from advlab.serving.geometry.spread import Spread
from advlab.serving.geometry.words import short
from advlab.serving.outcome import size
from advlab.ui import radius, tasks
from advlab.ui.boundary import jobs
from advlab.ui.boundary.controls import Choice, is_slow
from advlab.ui.boundary.show import said, theme
from advlab.ui.state import LabState
from advlab.ui.tasks import Tasks

# Random directions to begin with: few where the model is slow.
_COUNTS = (20, 50, 100, 200)


def random_directions(state: LabState, choice: Choice, card: Card) -> None:
    """How far the boundary is in random directions, and what the loss does on the way."""
    slow = is_slow(card)
    count = st.segmented_control(
        "Random directions", list(_COUNTS), default=_COUNTS[0] if slow else _COUNTS[2], required=True,
        key=f"p-count-{slow}", persist_state="session",
    )  # fmt: skip
    own = state.boundary.tasks
    own.want(jobs.spreads(choice, int(count)))
    tasks.watch(lambda: _spread(choice, own), own, "spread")


def _spread(choice: Choice, own: Tasks) -> None:
    tasks.failures(own)
    for job in own.jobs.values():
        found: Spread | None = job.value or job.draft
        if found is not None:
            _spread_drawn(choice, found)
            if not job.live and len(found.random) < found.wanted:
                st.info(f"Stopped after {len(found.random)} of {found.wanted} directions.")
        if job.live and found is not None:
            done = len(found.random)
            tasks.progress(job, f"{done} of {found.wanted} directions", done / found.wanted, "spread")
        elif job.live:
            tasks.progress(job, "Looking along the axis across…", 0.0, "spread")


def _spread_drawn(choice: Choice, found: Spread) -> None:
    said(words.of_spread(found, choice.titles[0]))
    grid = st.grid(2, min_column_width=330, gap="medium")
    with grid.cell():
        st.markdown("**How far the boundary is**")
        st.plotly_chart(
            spreads.histogram(found, theme(), choice.titles[0]), theme=None, key="p-histogram",
            config=dict(base.config("distances")),
            alt=words.of_spread(found, choice.titles[0]).detail,
        )  # fmt: skip
    with grid.cell():
        st.markdown("**The loss on the way**")
        st.plotly_chart(
            spreads.lines(found, theme(), choice.titles[0]), theme=None, key="p-lines-figure",
            config=dict(base.config("loss")),
            alt=f"Loss along {choice.titles[0]}, from {found.climb[0]:.3g} to {found.climb[-1]:.3g}; along "
            f"{len(found.wander)} random directions to at most {found.wander[:, -1].max():.3g}.",
        )  # fmt: skip
    kind = "random ones change each value by ± the same" if found.request.norm is Norm.LINF else "random: Gaussian"
    st.caption(f"Every direction has the same size in the norm; {kind}; pixels are kept between black and white.")


def climbs(state: LabState, choice: Choice, cards: Mapping[str, Card]) -> None:
    """The inner maximum of adversarial training, for the model and the one beside it."""
    if choice.request is None:
        return
    own = state.boundary.tasks
    own.want(jobs.ascents(choice, choice.request.eps or radius.usual(cards[choice.request.model])))
    tasks.watch(lambda: _climbs(own), own, "climb")


def _climbs(own: Tasks) -> None:
    tasks.failures(own)
    found = [one for job in own.jobs.values() if (one := job.value or job.draft) is not None]
    if found:
        _climbs_drawn(found)
    for place, job in enumerate(own.jobs.values()):
        if job.live:
            steps = 0 if job.draft is None else job.draft.loss.shape[1] - 1
            tasks.progress(job, f"{RESTARTS} restarts, step {steps} of {STEPS}", steps / STEPS, f"climb-{place}")


def _climbs_drawn(found: Sequence[Ascent]) -> None:
    _heading(found)
    grid = st.grid(2, min_column_width=330, gap="medium")
    told = "; ".join(f"{one.title}: {one.loss[:, -1].min():.3g} to {one.loss[:, -1].max():.3g}" for one in found)
    with grid.cell():
        st.markdown(f"**{RESTARTS} climbs from random starts**")
        st.plotly_chart(
            ascents.climbs(found, theme()), theme=None, key="p-climbs", config=dict(base.config("climbs")),
            alt=f"Loss of {RESTARTS} restarts by step; {told}",
        )  # fmt: skip
    with grid.cell():
        st.markdown("**What they reach**")
        st.plotly_chart(
            ascents.reached(found, theme()), theme=None, key="p-reached", config=dict(base.config("reached")),
            alt=f"Loss that the restarts reached: {told}",
        )  # fmt: skip
    st.caption(
        "Adversarial training minimises the largest loss in the ball (Madry et al. 2018): an attack climbs to it, "
        "training pushes it down. "
        + _agree(found)
        + ("" if len(found) > 1 else " Put its robust twin beside it to see what training changed.")
    )


def _agree(found: Sequence[Ascent]) -> str:
    """Whether the restarts end at one height, once they have ended."""
    last = found[0].loss[:, -1]
    if found[0].loss.shape[1] <= STEPS:
        return ""
    if np.ptp(last) <= 0.2 * np.median(last):
        return (
            "The restarts end within 20% of each other, which is why a few steps of PGD stand in for the largest loss."
        )
    return "The restarts end at different heights: one of them alone would not tell how large the loss can be."


def _heading(found: Sequence[Ascent]) -> None:
    first = found[0]
    parts = []
    for one in found:
        last = one.loss[:, -1]
        lost = int(one.fooled[:, -1].sum())
        spread = f"{last.min():.3g} to {last.max():.3g}"
        parts.append(f"{one.title}: {lost} of {len(last)} restarts fool it; they reach a loss of {spread}")
    middle = [float(np.median(one.loss[:, -1])) for one in found]
    headline = f"Within {size(first.norm, first.eps)}, PGD typically reaches a loss of {middle[0]:.2g}"
    if len(middle) > 1:
        headline += f"; with {short(found[1].title)}, {middle[1]:.2g}"
    st.html(
        f'<div class="verdict clean" role="status"><div class="headline">{escape(headline)}</div>'
        f'<div class="detail">{escape(". ".join(parts))}.</div></div>'
    )
