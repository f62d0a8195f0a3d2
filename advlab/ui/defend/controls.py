"""What is compared: network, budget of both attackers, defenses with their parameters."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from advlab import attacks, defenses, models
from advlab.core.defense import Kind
from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving.defend.matrix import USUAL
from advlab.serving.defend.request import DefendRequest
from advlab.ui import controls as lab_controls
from advlab.ui import radius
from advlab.ui.defend import views
from advlab.ui.state import LabState

_KINDS = {
    Kind.INPUT: "changes the picture",
    Kind.DETECTOR: "refuses to answer",
    Kind.CERTIFIED: "can prove a radius",
    Kind.MASKING: "only hides the gradient",
}


@dataclass(frozen=True)
class Choice:
    """What the controls say; `request` is None where it is impossible, and `problem` says why."""

    request: DefendRequest | None
    problem: str | None


def choose(state: LabState, card: Card, cards: Mapping[str, Card], view: str) -> Choice:
    """Draw the controls: those of the attackers, and what the view compares beside."""
    several = view != views.MASKING
    norm = st.segmented_control(
        "Both attackers may change", [Norm.LINF, Norm.L2], default=Norm.LINF, required=True,
        format_func=lambda one: one.symbol, key="d-norm", persist_state="session", width="stretch",
    )  # fmt: skip
    norm = norm or Norm.LINF
    eps = _eps(card, norm)
    stronger = networks(card, cards) if several else []
    chosen = [] if not several else st.multiselect(
        "Defenses", list(defenses.available()), default=list(USUAL), key="d-defenses", persist_state="session",
        format_func=lambda name: defenses.available()[name].title,
        help="; ".join(f"{one.title}: {_KINDS[one.kind]}" for one in defenses.available().values()),
    )  # fmt: skip
    # Of a set the classes are known.
    truth = lab_controls.truth(card.labels()) if view == views.ONE else None
    with st.expander("Parameters, steps and seed", key="d-more", on_change="ignore"):
        parameters = {name: _parameters(name) for name in chosen}
        steps = st.number_input("Steps of the attackers", value=20, step=1, key="d-steps", persist_state="session")
        seed = st.number_input("Seed", value=0, step=1, key="d-seed", persist_state="session")
        override = _override(norm) if several else None
    try:
        for name, own in parameters.items():
            defenses.available()[name].configured(own)
        request = DefendRequest.checked(
            picture=state.picture.named(card), model=card.name, norm=norm, eps=eps, steps=int(steps), seed=int(seed),
            truth=truth, override=override, defenses=parameters, networks=tuple(stronger),
        )  # fmt: skip
    except AdvlabError as error:
        return Choice(None, str(error))
    if several and not chosen and not stronger:
        return Choice(None, "Choose at least one defense.")
    return Choice(request, None)


def put(card: Card, values: Mapping[str, object]) -> None:
    """Set them by what a link says."""
    box = st.session_state
    norm = Norm(str(values.get("norm", Norm.LINF)))
    box["d-norm"] = norm
    eps = values.get("eps")
    if isinstance(eps, float):
        key = f"d-{radius.key(norm, attacks.available()['pgd'], card)}"
        box[key] = round(eps * 255, 6) if norm is Norm.LINF else eps
    for name in ("steps", "seed"):
        if name in values:
            box[f"d-{name}"] = values[name]
    box["d-override"] = values.get("override")
    chosen = values.get("defenses")
    if isinstance(chosen, dict):
        box["d-defenses"] = list(chosen)
        for name, parameters in chosen.items():
            for field, value in parameters.items():
                box[f"d-{name}.{field}"] = value


def _override(norm: Norm) -> str | None:
    """The attack of who knows the defenses; None: the one that suits each."""
    names = [name for name, attack in attacks.general().items() if norm in attack.norms]
    if st.session_state.get("d-override") not in names:
        st.session_state["d-override"] = None
    return st.selectbox(
        "Attack of who knows it", names, index=None, placeholder="the one that suits each", key="d-override",
        persist_state="session", format_func=lambda name: attacks.available()[name].title,
        help="By itself: PGD through or around the defense, up two losses; for detectors a joint loss.",
    )  # fmt: skip


def _eps(card: Card, norm: Norm) -> float:
    attack = attacks.available()["pgd"]
    key = f"d-{radius.key(norm, attack, card)}"
    scale = radius.scale(norm, attack, card, st.session_state.get(key))
    eps = st.slider("ε", scale.low, scale.high, scale.value, scale.step, format=scale.shown, key=key,
                    persist_state="session", help="The largest change that both attackers may make.")  # fmt: skip
    return eps / 255 if norm is Norm.LINF else eps


def networks(card: Card, cards: Mapping[str, Card]) -> list[str]:
    """Networks in this one's place: its robust twin to begin with."""
    there = others(card, cards)
    if not there:
        return []
    twin = models.twin(card)
    return st.multiselect(
        "Robust networks", there, default=[twin.name] if twin is not None and twin.name in there else [],
        format_func=lambda name: cards[name].title, key=f"d-networks-{card.name}", persist_state="session",
        help="In place of the network: trained to resist.",
    )  # fmt: skip


def others(card: Card, cards: Mapping[str, Card]) -> list[str]:
    """Networks that can stand in this one's place."""
    return [
        name
        for name, other in cards.items()
        if name != card.name and other.input_size == card.input_size and other.labels() == card.labels()
    ]


def _parameters(name: str) -> dict[str, Value]:
    kind = defenses.available()[name]
    st.markdown(f"**{kind.title}**")
    return lab_controls.fields(kind, prefix="d-")
