"""Requests that hypothesis makes up, for every attack there is."""

import types
from typing import Union, get_args, get_origin

from hypothesis import strategies as st

from advlab import attacks
from advlab.core.attack import Attack, Objective
from advlab.core.norms import Norm
from advlab.core.parameters import choices
from advlab.core.request import AttackRequest
from advlab.data.samples import SAMPLES
from advlab.serving import crafting

MODEL = "efficientnet_lite0"
OTHERS = ("efficientnet_lite1", "efficientnet_lite2")
CLASSES = 1000


def limits(info):
    """The bounds of a field: `{"ge": 1, "le": 20}`."""
    return {
        key: getattr(bound, key)
        for bound in info.metadata
        for key in ("ge", "gt", "le", "lt")
        if getattr(bound, key, None) is not None
    }


def values(info) -> st.SearchStrategy:
    kinds = get_args(info.annotation) if get_origin(info.annotation) in (Union, types.UnionType) else (info.annotation,)
    return st.one_of([_of_kind(kind, limits(info)) for kind in kinds])


def _of_kind(kind, bounds) -> st.SearchStrategy:
    if kind is type(None):
        return st.none()
    if kind is bool:
        return st.booleans()
    if words := choices(kind):
        return st.sampled_from(words)
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if kind is int:
        return st.integers(low, high)
    return st.floats(
        low, high, exclude_min="gt" in bounds, exclude_max="lt" in bounds, allow_nan=False, allow_infinity=False
    )


@st.composite
def requests(draw, kind: type[Attack] | None = None, private: bool = False) -> AttackRequest:
    kind = kind or draw(st.sampled_from(list(attacks.general().values())))
    norm = draw(st.sampled_from(kind.norms))
    eps = st.floats(0, 1 if norm is Norm.LINF else 1e9)
    others = st.lists(st.sampled_from(OTHERS), max_size=2, unique=True).map(tuple)
    sources = draw(others) if crafting.unsuited(kind) is None else ()
    classes = st.none() | st.integers(0, CLASSES - 1)
    return AttackRequest(
        picture=draw(st.sampled_from(["upload:0a1b", "exact:0a1b"] if private else [f"sample:{n}" for n in SAMPLES])),
        model="own:ffee" if private else MODEL,
        attack=kind.name,
        norm=norm,
        eps=draw(eps if kind.objective is Objective.RADIUS else st.none() | eps),
        target=draw(classes),
        truth=draw(classes),
        seed=draw(st.integers(0, 2**63 - 1)),
        sources=sources,
        early_stop=not sources and draw(st.booleans()),
        max_queries=draw(st.none() | st.integers(1, 10**9)),
        parameters={name: draw(values(info)) for name, info in kind.model_fields.items()},
    )
