"""What is below the explanations: how far they can be trusted, and an attack on them."""

from html import escape

import streamlit as st

from advlab.analysis import similarity
from advlab.models import Card
from advlab.serving.explain import bending, trust
from advlab.serving.explain.bending import BENDABLE, STEPS, Bending
from advlab.serving.explain.explanation import Explanation
from advlab.serving.explain.methods import METHODS
from advlab.serving.outcome import percent
from advlab.ui import suited, tasks
from advlab.ui.explain.controls import Choice
from advlab.ui.explain.overlay import Panel, overlay
from advlab.ui.explain.state import ExplainState
from advlab.ui.state import LabState
from advlab.ui.tasks import Task

_RADII = (1, 2, 4, 8, 16)
AWAY, TOWARDS = "Away from what was important", "Towards another picture's"


def trusted(state: LabState, choice: Choice, card: Card) -> None:
    """Infidelity and sensitivity of the first model's explanation of the clean picture."""
    own = state.explain
    job = own.maps.jobs.get(f"{choice.clean.model} clean")
    found: Explanation | None = job.value if job is not None and not job.live else None
    if found is None:
        return
    key = choice.key(choice.clean, "trust")
    name = f"{METHODS[choice.clean.method].title} of the clean picture by {card.title}"
    st.markdown(f"**How far can it be trusted?** {name}")
    if not METHODS[choice.clean.method].quick and own.asked != key:
        st.button("Measure it", icon=":material/verified:", key="e-trust", on_click=_ask, args=(own, key),
                  help="Infidelity and sensitivity: some 60 more explanations of changed pictures.")  # fmt: skip
        return
    picture = state.picture
    own.trust.want({"trust": Task(key, lambda job: trust.measure(found, picture.image, None, job.stopping))})
    tasks.watch(lambda: _trust(own), own.trust, "trust")


def _ask(own: ExplainState, key: str) -> None:
    own.asked = key


def _trust(own: ExplainState) -> None:
    tasks.failures(own.trust)
    for job in own.trust.jobs.values():
        if job.live:
            tasks.progress(job, "Changing the picture and explaining it again…", 0.3, "trust")
        elif job.value is not None:
            st.html(f'<div class="badge"><b>{escape(job.value.badge)}</b> {escape(job.value.sentence)}</div>')


def attack(state: LabState, choice: Choice, card: Card) -> None:
    """Same label, other explanation."""
    own = state.explain
    method = choice.clean.method if choice.clean.method in BENDABLE else BENDABLE[0]
    others = [one for one in suited.offered(state, card) if one != state.picture]
    st.html('<h3 class="section">Can the reasons be faked?</h3><p class="quiet">A change of the picture that keeps '
            "the answer and bends the explanation (Ghorbani et al. 2019, Dombrowski et al. 2019).</p>")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", key="e-bend"):
        eps = st.segmented_control(
            "ε", list(_RADII), default=8, required=True, format_func=lambda n: f"{n}/255", key="e-eps",
            persist_state="session",
        )  # fmt: skip
        goal = st.segmented_control("Goal", [AWAY, TOWARDS] if others else [AWAY], default=AWAY, required=True,
                                    key="e-goal", persist_state="session")  # fmt: skip
        aim = None
        if goal == TOWARDS and others:
            aim = st.selectbox("Whose reasons", range(len(others)), format_func=lambda place: others[place].title,
                               key="e-aim", width=180)  # fmt: skip
        request = choice.clean.model_copy(update={"method": method, "run": ""})
        towards = None if aim is None else others[aim]
        key = choice.key(request, f"bend {eps} {towards.digest if towards else ''}")
        st.button("Bend the explanation", icon=":material/bolt:", key="e-start", on_click=_start, args=(own, key))
    if method != choice.clean.method:
        st.caption(f"What is bent is {METHODS[method].title}: the attack follows its gradient.")
    if own.started != key:
        own.attack.want({})
        return
    picture, radius = state.picture, (eps or 8) / 255
    goal_picture = towards.image if towards is not None else None
    own.attack.want(
        {
            "bend": Task(
                key,
                lambda job: bending.bend(
                    request, picture.image, radius, goal_picture, show=job.show, should_stop=job.stopping
                ),
            )
        }
    )
    tasks.watch(lambda: _bending(own, request.key("bend"), METHODS[method].title), own.attack, "bend")


def _start(own: ExplainState, key: str) -> None:
    own.started = key


def _bending(own: ExplainState, name: str, method: str) -> None:
    tasks.failures(own.attack)
    for job in own.attack.jobs.values():
        found: Bending | None = job.value or job.draft
        if found is not None:
            _bent(found, name, method)
        if job.live:
            step = 0 if job.draft is None else job.draft.step
            tasks.progress(job, f"Step {step} of {STEPS}", step / STEPS, "bend")


def _bent(found: Bending, name: str, method: str) -> None:
    same = found.likeness.overlap
    reasons = "" if same is None else f", and {same:.0%} of the most important places are the same"
    headline = f"Still {found.says.label}{reasons}"
    chance = f"{found.likeness.chance:.0%}"
    detail = f"No value changed by more than {found.size * 255:.0f}/255; chance alone would give {chance}."
    if found.agreement is not None:
        detail += f" Correlation with the wanted reasons: {found.agreement:.2f}."
    st.html(f'<div class="verdict adversarial small" role="status"><div class="headline">{escape(headline)}</div>'
            f'<div class="detail">{escape(detail)}</div></div>')  # fmt: skip
    maps = [similarity.places(each) for each in (found.before, found.after)]
    scale = similarity.common_scale(*maps)
    before, tag = (f"{says.label} {percent(says.confidence)}" for says in (found.said, found.says))
    panels = [
        Panel(f"{name} clean", found.clean, maps[0], scale, before, "clean", "Before:", method,
              f"{method} of the clean picture"),
        Panel(f"{name} {found.step}", found.bent, maps[1], scale, tag, "clean", "After:", method,
              f"{method} of the bent picture"),
    ]  # fmt: skip
    overlay(panels, signed=found.before.signed, key="overlay-bend")
