"""Controls in the order of thought; an attack's own are made from its fields."""

import difflib
import types
from collections.abc import Mapping
from typing import Union, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from advlab import attacks
from advlab.core.attack import Access, Attack, Objective, Widget, initial
from advlab.core.norms import Norm
from advlab.core.parameters import Parameters, choices
from advlab.core.request import Value
from advlab.models import Card
from advlab.serving import crafting, measured
from advlab.ui import about, crafted, interface, radius
from advlab.ui.state import Picture
from advlab.ui.work import DEFAULT_MODEL

_SEES: dict[str, str] = {
    Access.GRADIENT: "Gradient", Access.SCORES: "Scores", Access.LABEL: "Label", crafted.NOTHING: "Nothing",
}  # fmt: skip
_SEES_HELP = (
    "**Gradient**: the attacker has the network (white box). **Scores**: only its probabilities. "
    "**Label**: only its answer (both black box). **Nothing**: only other models; the picture is made on them and "
    "tried once."
)
ANY, CHOSEN = "Any other class", "A chosen class"


def model(cards: Mapping[str, Card]) -> str:
    """Which model."""
    names = list(cards)
    return st.selectbox(
        "Model",
        names,
        index=names.index(DEFAULT_MODEL) if DEFAULT_MODEL in cards else 0,
        format_func=lambda name: cards[name].title,
        key="model",
        persist_state="session",
        help="Those on this computer. More, and your own weights, are on the page Models.",
    )


def _say_measured(card: Card) -> None:
    """What the card of a network of ours says about attacks."""
    said = measured.withstands(card.shipped) if card.shipped else None
    if said:
        st.caption(said)


def compare(cards: Mapping[str, Card], chosen: str, sources: tuple[str, ...] = ()) -> str | None:
    """A second model to attack beside the first; none that the picture is made on."""
    others = [name for name in cards if name not in (chosen, *sources) and comparable(cards[name], cards[chosen])]
    if st.session_state.get("with") not in [None, *others]:
        st.session_state["with"] = None
    return st.selectbox(
        "Compare with",
        others,
        index=None,
        format_func=lambda name: cards[name].title,
        placeholder="no second model",
        key="with",
        persist_state="session",
        help="The same attack on a second model, and what it says to the first one's picture.",
    )


def comparable(one: Card, other: Card) -> bool:
    """Whether an attack on both says anything: of a sign, a network of photos knows nothing."""
    ours = one.shipped or other.shipped
    return not ours or one.labels() == other.labels()


def truth(labels: tuple[str, ...]) -> int | None:
    """What the picture really shows, if somebody says so."""
    return st.selectbox(
        "What is it really?",
        range(len(labels)),
        index=None,
        format_func=lambda index: labels[index],
        placeholder="what the model says",
        key="truth",
        persist_state="session",
        help="Optional. Without it the model's own answer counts as the truth. Type to search.",
    )


def goal(labels: tuple[str, ...]) -> int | None:
    """The class to reach, or None for any other."""
    chosen = st.segmented_control(
        "Goal", [ANY, CHOSEN], default=ANY, required=True, key="goal", persist_state="session", width="stretch"
    )
    if chosen == ANY:
        return None
    usual = difflib.get_close_matches("sports car", labels, n=1)
    return st.selectbox(
        "Target",
        range(len(labels)),
        index=labels.index(usual[0]) if usual else 0,
        format_func=lambda index: labels[index],
        key="target",
        persist_state="session",
        help="Type to search.",
    )


def method(card: Card, cards: Mapping[str, Card]) -> tuple[type[Attack], tuple[str, ...] | None]:
    """What the attacker sees, an attack that needs no more, and the models that it works on in place of this one.

    These are None where there should be some and none is chosen.
    """
    sees = st.segmented_control(
        "The attacker sees",
        list(_SEES),
        default=Access.GRADIENT,
        required=True,
        format_func=_SEES.__getitem__,
        key="sees",
        persist_state="session",
        help=_SEES_HELP,
        width="stretch",
    )
    sources: tuple[str, ...] | None = ()
    if sees == crafted.NOTHING:
        sources, fitting, favourite = crafted.sources(card, cards) or None, crafting.suited(), "mi_fgsm"
    else:
        fitting = {name: attack for name, attack in attacks.general().items() if attack.access == sees}
        favourite = "pgd"
    name = st.selectbox(
        "Attack",
        list(fitting),
        index=list(fitting).index(favourite) if favourite in fitting else 0,
        format_func=lambda key: fitting[key].title,
        key=f"attack-{sees}",
        persist_state="session",
    )
    about.panel(fitting[name])
    return fitting[name], sources


def threat(attack: type[Attack], card: Card) -> tuple[Norm, float | None]:
    """The norm and the radius; a minimal-norm search needs none."""
    norm = attack.norms[0]
    if len(attack.norms) > 1:
        norm = st.segmented_control(
            "Norm",
            list(attack.norms),
            default=norm,
            required=True,
            format_func=lambda n: n.symbol,
            key=f"norm-{attack.name}",
            persist_state="session",
            width="stretch",
        )
    limited = attack.objective is Objective.RADIUS or st.toggle(
        "Succeed only within ε",
        key=f"limited-{attack.name}",
        persist_state="session",
        help="This attack searches the smallest change by itself. With a limit, a larger one is no success.",
    )
    if not limited:
        return norm, None
    key = radius.key(norm, attack, card)
    scale = radius.scale(norm, attack, card, st.session_state.get(key))
    eps = st.slider(
        "ε", scale.low, scale.high, scale.value, scale.step, format=scale.shown, key=key, persist_state="session",
        help="The largest change allowed: of any value for L∞, of the whole picture for L2 and L1, how many pixels "
        "for L0.",
    )  # fmt: skip
    return norm, eps / 255 if norm is Norm.LINF else eps


def fields(kind: type[Parameters], prefix: str = "") -> dict[str, Value]:
    """One widget for each parameter; `prefix` keeps those of a defense apart from an attack's of the same name."""
    return {name: _widget(f"{prefix}{kind.name}.{name}", field) for name, field in kind.model_fields.items()}


def _widget(key: str, field: FieldInfo) -> Value:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    offered = extra.get("widget")
    begin = initial(field)
    words = choices(field.annotation)
    if words:
        return st.selectbox(
            str(field.title), words, words.index(str(begin)), format_func=_in_words, key=key, persist_state="session",
            help=field.description,
        )  # fmt: skip
    kind, optional = _kind(field)
    if kind is bool:
        return st.toggle(str(field.title), bool(begin), key=key, persist_state="session", help=field.description)
    # No limits here: what is impossible is answered with a sentence that names them.
    number = st.number_input(
        str(field.title),
        value=None if begin is None else kind(begin),
        step=kind(offered.step) if isinstance(offered, Widget) else (1 if kind is int else 0.001),
        format=None if kind is int else "%g",
        placeholder="automatic" if optional else None,
        key=key,
        persist_state="session",
        help=field.description,
    )
    return None if number is None else kind(number)


def _in_words(choice: str) -> str:
    return choice.upper() if len(choice) <= 3 else choice.replace("_", "-").capitalize()


def _kind(field: FieldInfo) -> tuple[type, bool]:
    """The field's type without None, and whether None is allowed."""
    annotation = field.annotation
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return kinds[0], True
    if not isinstance(annotation, type):
        raise TypeError(f"There is no widget for a field of type {annotation}.")
    return annotation, False


def budget(attack: type[Attack], *, once: bool = False) -> tuple[int, bool, int | None]:
    """Seed, whether to end at the first success, and the most queries; who may ask `once` has no first success."""
    seed = st.number_input("Seed", value=0, step=1, key="seed", persist_state="session", help="Same seed, same result.")
    early = (
        not once
        and attack.objective is Objective.RADIUS
        and st.toggle(
            "End at the first success",
            attack.access is not Access.GRADIENT,
            key=f"early-{attack.access}",
            persist_state="session",
            help="Off: all the steps are done and the surest result is kept.",
        )
    )
    most = st.number_input(
        "Maximum queries",
        value=None,
        step=1,
        placeholder="no limit",
        key=f"most-{attack.name}",
        persist_state="session",
        help="How often the attacker may ask the model, or what it is made on.",
    )
    return int(seed), early, most


def values(picture: Picture, cards: Mapping[str, Card]) -> dict[str, object]:
    """All of them, as the values of an `AttackRequest`; some may be impossible."""
    name = model(cards)
    _say_measured(cards[name])
    labels = cards[name].labels()
    target = goal(labels)
    attack, sources = method(cards[name], cards)
    norm, eps = threat(attack, cards[name])
    with st.expander("Steps, seed and budget", key="more", on_change="ignore"):
        own = fields(attack)
        seed, early, most = budget(attack, once=sources != ())
    shown: dict[str, Value] = {}
    if attack.access is not Access.GRADIENT and sources == ():
        with st.expander("What the attacker is shown", key="shown", on_change="ignore"):
            shown = interface.choose(cards[name])
    with st.expander("Truth and a second model", key="beside", on_change="ignore"):
        real = truth(labels)
        compare(cards, name, sources or ())
    return {
        "picture": picture.named(cards[name]),
        "model": name,
        "attack": attack.name,
        "norm": norm,
        "eps": eps,
        "sources": sources,
        "target": target,
        "truth": real,
        "seed": seed,
        "early_stop": early,
        "max_queries": most,
        "service": shown,
        "parameters": own,
    }
