"""Which model and class, of which attack, and how much work may go into an explanation."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from advlab.models import Card
from advlab.serving.explain.methods import METHODS, layers, suited
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.outcome import Look, Opinion, Outcome
from advlab.ui import going_on, second
from advlab.ui.state import LabState

CLEAN, ADVERSARIAL, TARGET, OTHER = "clean", "adversarial", "target", "other"
_WHOSE = {
    CLEAN: "the clean picture's answer",
    ADVERSARIAL: "the adversarial one's answer",
    TARGET: "the target",
}
_GREYS = {0.0: "Black", 0.5: "Grey", 1.0: "White"}


@dataclass(frozen=True)
class Choice:
    """What the controls say.

    Attributes:
        clean: the question about the clean picture, for the first model.
        run: name of the attack whose result is looked at; None where there is none.
        outcome: that attack.
        beside: a second model.
        digest: names the clean pixels.
        look: what the first model says of the clean picture.
    """

    clean: ExplainRequest
    run: str | None
    outcome: Outcome | None
    beside: str | None
    digest: str
    look: Look

    def says(self, request: ExplainRequest) -> Opinion | None:
        """What is known already of what a model says."""
        if not request.run:
            return self.look.opinion if request.model == self.clean.model else None
        made = self.outcome
        return made.after if made is not None and made.request.model == request.model else None

    @property
    def models(self) -> tuple[str, ...]:
        """Whose answers are explained."""
        return (self.clean.model, *([self.beside] if self.beside else []))

    def requests(self) -> dict[str, ExplainRequest]:
        """One for each picture and model, by their places: `model clean` and `model run`."""
        found = {}
        for model in self.models:
            own = self.clean.model_copy(update={"model": model})
            found[f"{model} clean"] = own
            if self.run is not None:
                found[f"{model} run"] = own.model_copy(update={"run": self.run})
        return found

    def key(self, request: ExplainRequest, what: str) -> str:
        """Names a result about these very pixels."""
        return request.key(self.digest, what)


def choose(state: LabState, card: Card, cards: Mapping[str, Card], look: Look) -> Choice:
    """Draw the controls of the sidebar."""
    runs = state.runs_on(card)
    beside = second.choose(card, cards, "e-with", "Beside it, defended")
    run = _run(runs, card)
    outcome = runs[run] if run is not None else None
    index = _class(card, look, outcome)
    method = str(st.session_state.get("e-method", "saliency"))
    with st.expander("Samples, baseline, layer", on_change="ignore", key="e-more"):
        samples, baseline, layer, seed = _more(card, method)
    request = ExplainRequest(
        picture=state.picture.named(card), model=card.name, method=method, index=index, samples=samples,
        baseline=baseline, layer=layer, seed=seed,
    )  # fmt: skip
    return Choice(request, run, outcome, beside, state.picture.digest, look)


def method(model: str) -> None:
    """The methods that mean something for the model; the page draws them before the sidebar reads them."""
    known = suited(model)
    if st.session_state.get("e-method") not in known:
        st.session_state["e-method"] = known[0]
    st.segmented_control(
        "Method", list(known), required=True, format_func=lambda name: METHODS[name].title, key="e-method",
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip


def _run(runs: Mapping[str, Outcome], card: Card) -> str | None:
    if not runs:
        return None
    if len(runs) == 1:
        return next(iter(runs))
    if st.session_state.get("e-run") not in runs:
        st.session_state["e-run"] = next(iter(runs))
    titles = going_on.titles(runs, card)
    return st.selectbox("Attack", list(runs), format_func=titles.__getitem__, key="e-run", persist_state="session")


def _class(card: Card, look: Look, outcome: Outcome | None) -> int:
    labels = card.labels()
    known = {CLEAN: look.opinion.index}
    if outcome is not None:
        known[ADVERSARIAL] = outcome.after.index
        if outcome.request.target is not None:
            known[TARGET] = outcome.request.target
    offered = [*known, OTHER]
    if st.session_state.get("e-class") not in offered:
        st.session_state["e-class"] = CLEAN

    def words(whose: str) -> str:
        return f"{labels[known[whose]]}: {_WHOSE[whose]}" if whose in known else "Another class"

    whose = st.selectbox("What speaks for", offered, format_func=words, key="e-class", persist_state="session")
    if whose in known:
        return known[whose]
    if not isinstance(st.session_state.get("e-index"), int) or st.session_state["e-index"] >= len(labels):
        st.session_state["e-index"] = look.opinion.index
    return st.selectbox(
        "Class", range(len(labels)), format_func=lambda index: labels[index], key="e-index", persist_state="session",
        help="Type to search.",
    )  # fmt: skip


def _more(card: Card, method: str) -> tuple[int, float, str | None, int]:
    samples = st.number_input(
        "Samples", 1, 500, 20, key="e-samples", persist_state="session",
        help="Steps of Integrated Gradients, copies for SmoothGrad and Gradient SHAP: more are finer and slower.",
    )  # fmt: skip
    baseline = st.segmented_control(
        "What stands for nothing", list(_GREYS), default=0.0, required=True, format_func=_GREYS.__getitem__,
        key="e-baseline", persist_state="session", width="stretch",
        help="The picture that Integrated Gradients and Occlusion compare with.",
    )  # fmt: skip
    layer = None
    if METHODS[method].layered:
        layer = st.selectbox(
            "Layer", list(layers(card.name)), index=None, placeholder="the last one with places",
            key=f"e-layer-{card.name}", persist_state="session",
            help="Its dotted name in the network. Earlier layers see finer and know less.",
        )  # fmt: skip
    seed = st.number_input("Seed", value=0, min_value=0, step=1, key="e-seed", persist_state="session")
    return int(samples), float(baseline or 0.0), layer, int(seed)
