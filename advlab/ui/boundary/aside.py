"""What surrounds the slice: notices, an attack where one is needed, random directions, and what training sees."""

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
from advlab.serving.jobs import Job
from advlab.serving.outcome import size
from advlab.ui import radius, run, work
from advlab.ui.boundary import jobs
from advlab.ui.boundary.controls import Choice
from advlab.ui.boundary.show import said, theme
from advlab.ui.state import LabState

# Random directions to begin with: few where the model is slow.
_COUNTS = (20, 50, 100, 200)
_LARGE = 100


def notices(state: LabState, choice: Choice) -> None:
    """What is wrong, and the attack that is under way."""
    for problem in (choice.problem, state.problem):
        if problem:
            st.error(problem, icon=":material/error:")
    for notice in (state.notice, state.boundary.notice):
        if notice:
            st.info(notice)
    if state.job is not None:
        run.watch(state)


def offer_run(state: LabState, card: Card) -> None:
    """An axis is of an attack, and there is none on this picture yet."""
    if state.job is not None:
        return
    eps = radius.usual(card)
    st.info("An axis is of an attack's change, and this picture has not been attacked yet.")
    with st.container(horizontal=True):
        label = f"Run PGD with ε = {size(Norm.LINF, eps)}"
        if st.button(label, type="primary", icon=":material/bolt:", key="p-run"):
            request, state.problem = run.read(
                {"picture": state.picture.named(card), "model": card.name, "attack": "pgd", "norm": Norm.LINF,
                 "eps": eps}
            )  # fmt: skip
            run.start(state, request)
            st.rerun()
        st.page_link("pages/lab.py", label="Choose an attack in the Attack Lab", icon=":material/tune:")


def random_directions(state: LabState, choice: Choice, card: Card) -> None:
    """How far the boundary is in random directions, and what the loss does on the way."""
    slow = max(card.input_size[1:]) > _LARGE
    count = st.segmented_control(
        "Random directions", list(_COUNTS), default=_COUNTS[0] if slow else _COUNTS[2], required=True,
        key=f"p-count-{slow}", persist_state="session",
    )  # fmt: skip
    job = jobs.spread_of(state.boundary, choice, int(count))
    if job is not None:
        st.fragment(_spread, run_every=work.pace() if job.live else None)(state, choice, job)


def _spread(state: LabState, choice: Choice, job: Job[Spread | None]) -> None:
    found = job.value or job.draft
    if job.problem:
        st.error(job.problem, icon=":material/error:")
    elif found is None and not job.live:
        st.info("Stopped before there was anything to see. Change a control to look again.")
    if found is not None:
        clean = next(iter(state.boundary.jobs.values()), None)
        land = (clean.value or clean.draft) if clean else None
        said(words.of_spread(found, land.names[land.clean] if land else "The clean class"))
        grid = st.grid(2, min_column_width=330, gap="medium")
        with grid.cell():
            st.markdown("**How far the boundary is**")
            st.plotly_chart(
                spreads.histogram(found, theme()), theme=None, key="p-histogram", config=dict(base.config("distances")),
                alt=words.of_spread(found, "the clean class").detail,
            )  # fmt: skip
        with grid.cell():
            st.markdown("**The loss on the way**")
            st.plotly_chart(
                spreads.lines(found, theme()), theme=None, key="p-lines-figure", config=dict(base.config("loss")),
                alt=f"Loss along {choice.titles[0]}, from {found.climb[0]:.3g} to {found.climb[-1]:.3g}; along "
                f"{len(found.wander)} random directions to at most {found.wander[:, -1].max():.3g}.",
            )  # fmt: skip
        st.caption(
            "Every direction has the same size in the norm, "
            + ("random ones change each value by ± the same" if choice.request and choice.request.norm is Norm.LINF
               else "random ones are Gaussian")
            + "; pixels are kept between black and white."
        )  # fmt: skip
        if job.live:
            jobs.progress(job, f"{len(found.random)} of {found.wanted} directions", len(found.random) / found.wanted,
                          "spread")  # fmt: skip
    elif job.live:
        jobs.progress(job, "Looking in the adversarial direction…", 0.0, "spread")
    jobs.end("p-spread-live", live=job.live)


def climbs(state: LabState, choice: Choice, cards: Mapping[str, Card]) -> None:
    """The inner maximum of adversarial training, for the model and the one beside it."""
    request = choice.request
    if request is None:
        return
    eps = request.eps or radius.usual(cards[request.model])
    names = [request.model, *([choice.beside] if choice.beside else [])]
    started = [jobs.ascent_of(state.boundary, choice, name, eps) for name in names]
    running = [job for job in started if job is not None]
    live = any(job.live for job in running)
    st.fragment(_climbs, run_every=work.pace() if live else None)(running, len(names))


def _climbs(running: Sequence[Job[Ascent | None]], count: int) -> None:
    found = [one for job in running if (one := job.value or job.draft) is not None]
    for job in running:
        if job.problem:
            st.error(job.problem, icon=":material/error:")
    if found:
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
            "training pushes it down. That many random starts end at nearly one height is why a few steps of PGD "
            "are a good stand-in for the largest loss."
            + ("" if count > 1 else " Put its robust twin beside it to see what training changed.")
        )
    for place, job in enumerate(running):
        if job.live:
            now = job.draft
            steps = 0 if now is None else now.loss.shape[1] - 1
            jobs.progress(job, f"{RESTARTS} restarts, step {steps} of {STEPS}", steps / STEPS, f"climb-{place}")
    jobs.end("p-climb-live", live=any(job.live for job in running))


def _heading(found: Sequence[Ascent]) -> None:
    first = found[0]
    steps = first.loss.shape[1] - 1
    parts = []
    for one in found:
        last = one.loss[:, -1]
        lost = int(one.fooled[:, -1].sum())
        spread = f"{last.min():.3g} to {last.max():.3g}"
        parts.append(f"{one.title}: {lost} of {len(last)} restarts fool it; they reach a loss of {spread}")
    middle = [float(np.median(one.loss[:, -1])) for one in found]
    headline = f"The worst loss within {size(first.norm, first.eps)} is about {middle[0]:.2g}"
    if len(middle) > 1:
        headline += f"; beside it, {middle[1]:.2g}"
    st.html(
        f'<div class="verdict clean" role="status"><div class="headline">{escape(headline)}</div>'
        f'<div class="detail">After {steps} steps. {escape(". ".join(parts))}.</div></div>'
    )
