"""The pictures behind a cell of the transfer matrix: clean, as it was tried, the change, and what was answered."""

import streamlit as st

from advlab.serving.blackbox.matrix import TOGETHER, Cell, Transfer
from advlab.ui.pictures import Figure, change, markup

# Pictures that are shown of a cell: those that fool first.
_MOST = 6
_COLUMN = 330


def cell(found: Transfer, at: tuple[str, str] | None) -> None:
    """Draw them; before a cell was clicked, what a click does."""
    if at is None:
        st.caption("Dotted frames: made and tried on the very network, the white box. Click a cell for its pictures.")
        return
    what, (row, name) = found.cells[at], at
    made = "all the other networks together" if row == TOGETHER else found.title(row)
    where = (
        f"Made and tried on {made}: the white box" if row == name else f"Made on {made}, tried on {found.title(name)}"
    )
    st.markdown(f"**{where}**")
    places = _chosen(what)
    if not places:
        st.caption("None of the pictures counts here: the two networks do not agree on what they show.")
        return
    more = what.of - len(places)
    said = f"{what.won} of {what.of} fool it." if found.total > 1 else ""
    st.caption(f"{said} Shown are {len(places)} of them, those that fool it first." if more > 0 else said)
    grid = st.grid(1 if len(places) == 1 else 2, min_column_width=_COLUMN, gap="medium")
    for place in places:
        with grid.cell():
            st.html(f'<div class="pictures trio">{markup(_pictures(found, what, place))}</div>')


def _chosen(what: Cell) -> list[int]:
    """Places of counted pictures that were kept, those that fool first."""
    kept = [int(place) for place in what.counted[: len(what.pixels)].nonzero()[0]]
    return sorted(kept, key=lambda place: not what.fooled[place])[:_MOST]


def _pictures(found: Transfer, what: Cell, place: int) -> list[Figure]:
    clean, shown = found.clean[place], what.pixels[place]
    difference, times = change(clean, shown)
    answer = found.labels[int(what.answers[place])]
    kind = "adversarial" if what.fooled[place] else "clean"
    sign = "✕ fooled" if what.fooled[place] else "✓ holds"
    return [
        Figure(clean, "clean", "clean", "Before.", "The clean picture"),
        Figure(shown, answer, kind, f"{sign}: it says {answer}.", f"The changed picture, which is called {answer}"),
        Figure(difference, f"× {times}", "neutral", "What was changed, enlarged.", "The change, enlarged"),
    ]
