"""Which attacks: all that work in the norm at a glance, by what they see and what they look for."""

from collections.abc import Sequence

import streamlit as st

from advlab import attacks
from advlab.core import reference
from advlab.core.attack import Access, Objective
from advlab.core.norms import Norm
from advlab.serving.compare import lineup
from advlab.serving.compare.lineup import Group

_SEES = {Access.GRADIENT: "See gradients", Access.SCORES: "See scores", Access.LABEL: "See labels"}
_BASELINE = "Baseline · "
_LOOKS = {Objective.RADIUS: "within ε", Objective.MINIMAL: "smallest change"}


def title(group: Group) -> str:
    """A group for people."""
    if group.baseline:
        return "Baselines · know nothing"
    return f"{_SEES[group.access]} · {_LOOKS[group.objective]}"


def choose(norm: Norm) -> list[str]:
    """Draw the choice; the names of the chosen attacks, group by group."""
    groups, usual = lineup.groups(norm), lineup.usual(norm)
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="c-head")
    names = [name for members in groups.values() for name in members]
    labels = short(names)
    chosen: list[str] = []
    for group, members in groups.items():
        picked = st.pills(
            title(group), members, selection_mode="multi", default=[name for name in members if name in usual],
            format_func=labels.__getitem__, key=key(norm, group), persist_state="session",
        )  # fmt: skip
        chosen += [name for name in members if name in picked]
    head.markdown(f"**Attacks** {len(chosen)}/{len(names)}", width="content")
    with head.container(horizontal=True, width="content", gap="small"):
        for label, some in (("Usual", usual), ("All", names), ("None", ())):
            st.button(label, type="tertiary", key=f"c-{label.lower()}", on_click=put, args=(norm, some))
    return chosen


def put(norm: Norm, names: Sequence[str]) -> None:
    """Choose exactly these."""
    for group, members in lineup.groups(norm).items():
        st.session_state[key(norm, group)] = [name for name in members if name in names]


def key(norm: Norm, group: Group, prefix: str = "c-") -> str:
    """Names the widget of a group."""
    return f"{prefix}{norm}-" + ("baselines" if group.baseline else f"{group.access}-{group.objective}")


def short(names: Sequence[str]) -> dict[str, str]:
    """Short names; the long one where two would be called the same. That it is a baseline its group says."""
    titles = {name: attacks.registry.get(name).title for name in names}
    short = {name: reference.short(attacks.registry.get(name)) for name in names}
    said = list(short.values())
    told = {name: titles[name] if said.count(one) > 1 else one for name, one in short.items()}
    plain = {name: one.removeprefix(_BASELINE) for name, one in told.items()}
    return {name: one[:1].upper() + one[1:] for name, one in plain.items()}
