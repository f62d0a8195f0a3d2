"""Who races."""

from collections.abc import Sequence

import streamlit as st

from advlab.core.norms import Norm
from advlab.serving.blackbox import race
from advlab.serving.compare.lineup import Group
from advlab.ui.compare.chooser import short, title


def choose(norm: Norm) -> list[str]:
    """Draw the choice; the names of the chosen attacks, group by group."""
    groups, usual = race.groups(norm), race.usual(norm)
    labels = short([name for names in groups.values() for name in names])
    chosen: list[str] = []
    for group, names in groups.items():
        picked = st.pills(
            title(group), names, selection_mode="multi", default=[name for name in names if name in usual],
            format_func=labels.__getitem__, key=_key(norm, group), persist_state="session",
        )  # fmt: skip
        chosen += [name for name in names if name in picked]
    return chosen


def put(norm: Norm, names: Sequence[str]) -> None:
    """Choose exactly these."""
    for group, members in race.groups(norm).items():
        st.session_state[_key(norm, group)] = [name for name in members if name in names]


def _key(norm: Norm, group: Group) -> str:
    return f"b-{norm}-{group[0]}-{group[1]}"
