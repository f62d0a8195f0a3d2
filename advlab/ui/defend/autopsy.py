"""Gradient masking on the page: what is wrong with a gradient, and the attacks that do without it."""

from collections.abc import Mapping

import streamlit as st

from advlab import defenses
from advlab.core.defense import Kind
from advlab.evaluation.autopsy import Autopsy
from advlab.evaluation.contender import NETWORK, titled
from advlab.models import Card
from advlab.serving.defend import autopsies as work
from advlab.serving.defend.request import AutopsyRequest
from advlab.serving.defend.sets import Brought
from advlab.serving.figures import autopsies, base
from advlab.ui import controls as lab_controls
from advlab.ui import tasks, words
from advlab.ui.boundary.show import theme
from advlab.ui.defend import begin, source
from advlab.ui.defend.controls import Choice, others
from advlab.ui.state import LabState

_VIEW = "masking"


def controls(choice: Choice, card: Card, cards: Mapping[str, Card], brought: Brought | None) -> AutopsyRequest | None:
    """Whose gradient, and on how many pictures; None where it is impossible."""
    masked = [name for name, kind in defenses.available().items() if kind.kind is Kind.MASKING]
    rest = [name for name, kind in defenses.available().items() if kind.kind is not Kind.MASKING]
    keys = [*masked, *(NETWORK + name for name in others(card, cards)), *rest]
    who = st.selectbox("Whose gradient", keys, format_func=titled, key=f"d-who-{card.name}", persist_state="session")
    with st.expander("Parameters", key="d-who-more", on_change="ignore"):
        parameters = {} if who.startswith(NETWORK) else lab_controls.fields(defenses.available()[who], prefix="m-")
    count = st.number_input("How many pictures", 1, 1000, 24, key="d-autopsy-count", persist_state="session")
    if choice.request is None:
        return None
    asked = choice.request
    return AutopsyRequest.checked(
        picture=source.named(brought), model=asked.model, who=who, parameters=parameters, norm=asked.norm,
        eps=asked.eps, steps=2 * asked.steps, seed=asked.seed, count=int(count),
    )  # fmt: skip


def run(state: LabState, request: AutopsyRequest | None) -> None:
    """The button."""
    begin.button(state, _VIEW, "Examine it", request, "Gradients, logits and loss, then five attacks, one behind "
                 "the other.")  # fmt: skip


def show(state: LabState, request: AutopsyRequest | None, brought: Brought | None) -> None:
    """The findings, if somebody started it; before that, what they will be about."""
    own = state.defend.autopsy
    if request is None or not begin.wanted(
        state, _VIEW, request, own, lambda job: work.autopsy(request, brought, job.show, job.stopping)
    ):
        words.heading(
            "A gradient that is hidden is no defense",
            "Some networks look robust because the attacker's gradient is zero or leads nowhere. The boundary is as "
            "near as before, and an attack that goes around the gradient finds it.",
        )
        words.promise(
            ("blur_off", "Gradients", "On how many pictures the usual loss has none, and how sure the network is."),
            ("timeline", "Loss", "What an attacker sees along the way out, and along random directions."),
            ("trending_down", "Five attacks", "One step, the usual PGD, a loss that cannot saturate, around the "
             "defense, without gradients: what is still right after each."),
        )  # fmt: skip
        return
    tasks.watch(lambda: _drawn(state, request), own, _VIEW)


def _drawn(state: LabState, request: AutopsyRequest) -> None:
    job, found = begin.current(state.defend.autopsy, _VIEW)
    if job is None:
        return
    if found is not None:
        _headline(found, live=job.live)
    if job.live:
        done = 0 if found is None else 1 + (found.lines is not None) + len(found.stages)
        tasks.progress(job, "Examining…" if found is None else f"Attacking {found.contender.title}…", done / 8,
                       "d-autopsy")  # fmt: skip
    if found is None:
        return
    if found.stages:
        st.markdown("**Still right after one attack and all before it**")
        told = ", ".join(f"{stage.name} {stage.left.share:.0%}" for stage in found.stages)
        st.plotly_chart(autopsies.stages(found, theme()), theme=None, key="d-stages",
                        config=dict(base.config("masking")), alt=f"Still right: {told}")  # fmt: skip
    grid = st.grid(2, min_column_width=330, gap="medium")
    if found.gradients is not None and found.bare is not None:
        with grid.cell():
            st.markdown("**How sure the network is**")
            st.plotly_chart(autopsies.leads(found.gradients, found.bare, found.contender.title, theme()), theme=None,
                            key="d-leads", config=dict(base.config("logits")), alt=_gradients(found))  # fmt: skip
            st.caption(_gradients(found))
    if found.lines is not None:
        with grid.cell():
            st.markdown("**The loss that an attacker sees**")
            st.plotly_chart(autopsies.lines(found.lines, request.norm, theme()), theme=None, key="d-lines",
                            config=dict(base.config("loss-lines")),
                            alt="Loss along the way out and along random directions.")  # fmt: skip
            st.caption(
                "First picture, up to twice ε. Flat on both: the attacker is blind. Flat at first and steep later: one "
                "small step says nothing of what lies beyond."
            )


def _gradients(found: Autopsy) -> str:
    if found.gradients is None or found.bare is None:
        return ""
    dead, bare = found.gradients.dead, found.bare.dead
    return (
        f"The gradient of the usual loss is exactly zero on {dead.correct} of {dead.of} clean pictures; without the "
        f"defense on {bare.correct}."
    )


def _headline(found: Autopsy, *, live: bool) -> None:
    usual = found.apparent
    if usual is None or live:
        words.heading(f"{found.contender.title}: what is behind its robustness?", "Still under way.")
        return
    last, title = found.stages[-1].left, found.contender.title
    detail = f"{usual.of} pictures. {_gradients(found)} {found.contender.through}"
    one = next(stage.left for stage in found.stages if stage.name == "One step")
    looks = usual if usual.interval[0] > last.interval[1] or usual.share >= one.share else one
    by = "the usual PGD" if looks is usual else "one step"
    if looks.interval[0] > last.interval[1]:
        words.heading(
            f"{title} looks {looks.share:.0%} robust under {by} and is {last.share:.0%}: its gradient is masked",
            detail,
            "adversarial",
        )
    else:
        words.heading(
            f"No masking seen: {title} is right on {looks.share:.0%} under {by} and on {last.share:.0%} after all five",
            detail, "clean",
        )  # fmt: skip
