"""Pages that go on with what the lab has found: what went wrong, and an attack where one is needed."""

from collections.abc import Iterable, Mapping

import streamlit as st

from advlab import models
from advlab.core.norms import Norm
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving import notes
from advlab.serving.outcome import Outcome, sentence, size
from advlab.ui import radius, run
from advlab.ui.state import LabState


def titles(runs: Mapping[str, Outcome], card: Card) -> dict[str, str]:
    """What each attack is called in a list: no two alike, or the browser would take one for the other.

    Args:
        runs: by name.
        card: of the model that the page is about; an attack on another one says so.
    """
    found: dict[str, str] = {}
    for name, outcome in runs.items():
        other = outcome.request.model
        said = notes.title(outcome.request) + ("" if other == card.name else f", on {_called(other)}")
        same = sum(one.partition(" · no. ")[0] == said for one in found.values())
        found[name] = f"{said} · no. {same + 1}" if same else said
    return found


def _called(model: str) -> str:
    try:
        return models.card(model).title
    except AdvlabError:  # a visitor's own that was taken away since
        return model


def notices(state: LabState, problems: Iterable[str | None], notice: str | None) -> None:
    """What is wrong, and the attack that is under way."""
    for problem in (*problems, state.problem):
        if problem:
            st.error(problem, icon=":material/error:")
    for said in (state.notice, notice):
        if said:
            st.info(said)
    if state.job is not None:
        run.watch(state)
    elif state.outcome is not None and not state.outcome.changed:  # there is no attack to go on with: say why
        st.info(sentence(state.outcome))


def offer_run(state: LabState, card: Card, why: str) -> None:
    """This picture has not been attacked yet: one click does it."""
    if state.job is not None:
        return
    eps = radius.usual(card)
    with st.container(horizontal=True, vertical_alignment="center", key="offer"):
        st.markdown(why)
        label = f"Attack it: PGD, ε = {size(Norm.LINF, eps)}"
        st.button(label, type="primary", icon=":material/bolt:", key="offer-run", on_click=_attack,
                  args=(state, card, eps))  # fmt: skip
        st.page_link("pages/lab.py", label="Choose another attack", icon=":material/tune:")


def _attack(state: LabState, card: Card, eps: float) -> None:
    picture = state.picture.named(card)
    values = {"picture": picture, "model": card.name, "attack": "pgd", "norm": Norm.LINF, "eps": eps}
    request, state.problem = run.read(values)
    run.start(state, request)
