"""Who races."""

from collections.abc import Sequence

import streamlit as st

from advlab.core.norms import Norm
from advlab.serving.blackbox import race
from advlab.ui.compare.chooser import key, short, title

PREFIX = "b-"


def choose(norm: Norm) -> list[str]:
    """Draw the choice; the names of the chosen attacks, group by group."""
    groups, usual = race.groups(norm), race.usual(norm)
    labels = short([name for names in groups.values() for name in names])
    chosen: list[str] = []
    for group, names in groups.items():
        picked = st.pills(
            title(group), names, selection_mode="multi", default=[name for name in names if name in usual],
            format_func=labels.__getitem__, key=key(norm, group, PREFIX), persist_state="session",
        )  # fmt: skip
        chosen += [name for name in names if name in picked]
    return chosen


def put(norm: Norm, names: Sequence[str]) -> None:
    """Choose exactly these."""
    for group, members in race.groups(norm).items():
        st.session_state[key(norm, group, PREFIX)] = [name for name in members if name in names]
