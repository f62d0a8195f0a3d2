"""A certificate against attacks, on the page: what is proved, what is broken, and the gap that nobody knows."""

from collections.abc import Mapping

import streamlit as st

from advlab.evaluation.envelope import Envelope
from advlab.models import Card
from advlab.serving.defend import autopsies as work
from advlab.serving.defend.request import EnvelopeRequest
from advlab.serving.defend.sets import Brought
from advlab.serving.figures import autopsies, base
from advlab.serving.jobs import Job
from advlab.ui import tasks, words
from advlab.ui.boundary.show import theme
from advlab.ui.defend import begin, source
from advlab.ui.state import LabState

_VIEW = "certificate"
# Of pictures, and of steps.
_MOST = 1000
_DRAWS = (100, 200, 500, 1000, 2000, 5000, 10_000)


def controls(card: Card, brought: Brought | None) -> EnvelopeRequest:
    """Noise, draws and confidence."""
    sigma = st.slider("Noise σ", 0.05, 1.0, 0.25, 0.05, key="d-sigma", persist_state="session",
                      help="Standard deviation, for pixels in [0, 1]: more proves farther and knows less.")  # fmt: skip
    draws = st.select_slider("Draws of a certificate", _DRAWS, 500, key="d-draws", persist_state="session",
                             help="More prove larger radii, and take longer.")  # fmt: skip
    count = st.number_input("How many pictures", 1, _MOST, 12, key="d-envelope-count", persist_state="session")
    steps = st.number_input("Steps of the attacks", 1, _MOST, 10, key="d-envelope-steps", persist_state="session")
    if card.shipped is not None and card.shipped.method != "noise":
        st.caption("This network was not trained under noise and knows little of noisy pictures: choose a "
                   "noise-trained one for larger radii.")  # fmt: skip
    return EnvelopeRequest.checked(picture=source.named(brought), model=card.name, sigma=sigma, draws=int(draws),
                                   count=int(count), steps=int(steps))  # fmt: skip


def put(_: Card, values: Mapping[str, object]) -> None:
    """Set them by what a link says, each to the nearest that it can be."""
    box = st.session_state
    for name in ("count", "steps"):
        if isinstance(number := values.get(name), int):
            box[f"d-envelope-{name}"] = min(number, _MOST)
    if isinstance(sigma := values.get("sigma"), float):
        box["d-sigma"] = min(max(sigma, 0.05), 1.0)
    if isinstance(draws := values.get("draws"), int):
        box["d-draws"] = min(_DRAWS, key=lambda one: abs(one - draws))


def run(state: LabState, request: EnvelopeRequest | None) -> None:
    """The button."""
    begin.button(state, _VIEW, "Prove and attack", request, "First certificates, picture by picture; then attacks "
                 "within six radii.")  # fmt: skip


def show(state: LabState, request: EnvelopeRequest | None, brought: Brought | None) -> None:
    """Both curves, if somebody started it; before that, what they mean."""
    own = state.defend.envelope
    if request is None or not begin.wanted(
        state, _VIEW, request, own, lambda job: work.envelope(request, brought, job.show, job.stopping)
    ):
        words.heading(
            "A proof bounds from below, an attack from above",
            "Randomized smoothing proves that no change within a radius turns the answer. An attack shows changes that "
            "do. What is true lies between.",
        )
        words.promise(
            ("verified", "Proved", "The share of pictures that no change at all within a radius can turn."),
            ("bolt", "Broken", "The share that the best attack we have leaves right, within six radii."),
            ("notifications_active", "Alarm", "An attack inside a certified radius is looked at again with ten times "
             "the draws."),
        )  # fmt: skip
        return
    tasks.watch(lambda: _drawn(state, request), own, _VIEW)


def _drawn(state: LabState, request: EnvelopeRequest) -> None:
    job, found = begin.current(state.defend.envelope, _VIEW)
    if job is None:
        return
    if found is not None and found.certificates:
        _headline(found, live=job.live)
    if job.live:
        _progress(job, found, request)
    if found is None or not found.certificates:
        return
    st.plotly_chart(autopsies.envelope(found, theme()), theme=None, key="d-envelope",
                    config=dict(base.config("certificate")), alt=_told(found))  # fmt: skip
    if not job.live:
        st.caption(_inside(found))


def _progress(job: Job[Envelope], found: Envelope | None, request: EnvelopeRequest) -> None:
    proved = 0 if found is None else len(found.certificates)
    fell = 0 if found is None else len(found.attacked)
    text = f"Certificate {proved + 1} of {request.count}…" if proved < request.count else "Attacking…"
    tasks.progress(job, text, (proved / request.count + fell / 6) / 2, "d-envelope")


def _headline(found: Envelope, *, live: bool) -> None:
    smoothing, radius = found.smoothing, found.smoothing.sigma
    count = found.certified(radius)
    low, high = count.interval
    broken = next((attacked for at, attacked in found.attacked if at >= radius), None)
    upper = "" if broken is None else f", and at most {broken.share:.0%} withstand"
    detail = (
        f"{len(found.certificates)} pictures (95% interval {low:.0%} to {high:.0%}), {smoothing.draws:,} draws each, "
        f"σ = {smoothing.sigma:g}; each certificate is wrong with a chance of {smoothing.alpha:g} at most."
    )
    words.heading(f"Within L2 {radius:g}, {count.share:.0%} are proved right{upper}",
                  detail + (" Still under way." if live else ""), "clean")  # fmt: skip


def _told(found: Envelope) -> str:
    attacked = ", ".join(f"{count.share:.0%} within {radius:.2f}" for radius, count in found.attacked)
    return f"Proved within σ: {found.certified(found.smoothing.sigma).share:.0%}. Right under attack: {attacked}."


def _inside(found: Envelope) -> str:
    if found.alarms:
        return (
            f"**Alarm:** {found.alarms} attack(s) succeeded inside a certified radius, and ten times the draws agree: "
            "a certificate is wrong, as happens with the chance that is given above, or the network is not the one "
            "that was certified."
        )
    if found.inside:
        return (
            f"{found.inside} attack(s) seemed to succeed inside a certified radius; with ten times the draws none did: "
            "the vote that they fooled has few draws."
        )
    return "No attack succeeded inside a certified radius."
