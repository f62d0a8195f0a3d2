"""The terms on which attacks are compared: pictures, goal, norm, ε, attacks and their budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from advlab import attacks
from advlab.core import reference
from advlab.core.attack import Attack
from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving.compare import lineup
from advlab.serving.compare.request import CompareRequest
from advlab.ui import controls as lab_controls
from advlab.ui import crafted, radius
from advlab.ui.compare import chooser, subjects
from advlab.ui.state import LabState

PREFIX = "c-"
# Of each attack, unless somebody says otherwise: enough for most, and a minute at most on a small machine.
_QUERIES = 1000
_TRANSFER = (
    "Attacks within ε that see gradients are made on these models and tried once on yours, as by somebody who sees "
    "nothing of it; all others ask yours. None: every attack works on yours."
)


@dataclass(frozen=True)
class Choice:
    """What the controls say; `request` is None where it is impossible, and `problem` says why."""

    request: CompareRequest | None
    problem: str | None = None


def choose(state: LabState, card: Card, cards: Mapping[str, Card]) -> Choice:
    """Draw the controls."""
    several = subjects.choose(card)
    target = lab_controls.goal(card.labels())
    known = lineup.norms()
    norm = st.segmented_control(
        "Norm", known, default=known[0], required=True, format_func=lambda one: one.symbol, key="c-norm",
        persist_state="session", width="stretch",
    )  # fmt: skip
    norm = norm or known[0]
    limit = eps(card, norm)
    chosen = chooser.choose(norm)
    with st.expander("Parameters, seed and budget", key="c-more", on_change="ignore"):
        seed, early, most = _budget()
        own = {name: _parameters(attacks.registry.get(name)) for name in chosen}
    with st.expander("Transfer", key="c-transfer", on_change="ignore"):
        sources = crafted.sources(card, cards, PREFIX, usual=0, about=_TRANSFER)
    truth = None if several else _truth(card)
    if not chosen:
        return Choice(None, "Choose at least one attack.")
    picture = next(iter(subjects.pictures(state, card, several=several)))
    try:
        for name, parameters in own.items():
            attacks.registry.get(name).configured(parameters)
        request = CompareRequest.checked(
            picture=picture, several=several, model=card.name, norm=norm, eps=limit, target=target, truth=truth,
            seed=seed, early_stop=early, max_queries=most, sources=sources, attacks=own,
        ).check()  # fmt: skip
    except AdvlabError as error:
        return Choice(None, str(error))
    return Choice(request)


def _truth(card: Card) -> int | None:
    with st.expander("Truth", key="c-beside", on_change="ignore"):
        return lab_controls.truth(card.labels())


def eps(card: Card, norm: Norm, prefix: str = PREFIX) -> float:
    """Draw the slider; the radius in [0, 1] units."""
    attack = _yardstick(norm)
    key = prefix + radius.key(norm, attack, card)
    scale = radius.scale(norm, attack, card, st.session_state.get(key))
    chosen = st.slider(
        "ε", scale.low, scale.high, scale.value, scale.step, format=scale.shown, key=key, persist_state="session",
        help="The largest change that counts as a success. Attacks that look for the smallest change are not told: "
        "theirs is compared with it afterwards.",
    )  # fmt: skip
    return chosen / 255 if norm is Norm.LINF else chosen


def put_eps(card: Card, norm: Norm, value: float, prefix: str = PREFIX) -> None:
    """Set the slider, before it is drawn."""
    st.session_state[prefix + radius.key(norm, _yardstick(norm), card)] = (
        round(value * 255, 6) if norm is Norm.LINF else value
    )


def _yardstick(norm: Norm) -> type[Attack]:
    """The attack whose usual radii are offered: one of those that see most."""
    name = next(iter(lineup.groups(norm).values()))[0]
    return attacks.registry.get(name)


def _budget() -> tuple[int, bool, int | None]:
    seed = st.number_input("Seed", value=0, step=1, key="seed", persist_state="session", help="Same seed, same result.")
    early = st.toggle(
        "End at the first success", value=True, key="c-early", persist_state="session",
        help="So that queries can be compared. Off: all the steps are done and the surest result is kept.",
    )  # fmt: skip
    most = st.number_input(
        "Maximum queries", value=_QUERIES, step=100, placeholder="no limit", key="c-most", persist_state="session",
        help="How often each attack may ask the model. Empty: as often as it wants, which can take long.",
    )  # fmt: skip
    return int(seed), early, None if most is None else int(most)


def _parameters(kind: type[Attack]) -> dict[str, Value]:
    if not kind.model_fields:
        return {}
    st.markdown(f"**{kind.title}**")
    return lab_controls.fields(kind, prefix=PREFIX)


def put(values: Mapping[str, object], chosen: Mapping[str, Mapping[str, Value]]) -> None:
    """Set the widgets of the budget and of the attacks' parameters, before they are drawn."""
    box = st.session_state
    for name, key in (("max_queries", "c-most"), ("early_stop", "c-early")):
        if name in values:
            box[key] = values[name]
    for attack, parameters in chosen.items():
        for field, value in parameters.items():
            box[f"{PREFIX}{attack}.{field}"] = value


def fitting(norm: Norm, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those that work in the norm, and the titles of those that do not."""
    here = [name for members in lineup.groups(norm).values() for name in members]
    return [name for name in names if name in here], [
        reference.short(attacks.registry.get(name)) for name in names if name not in here
    ]
