"""The numbers of all attacks in a table that can be sorted: of one picture, or the middle of several."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, ProgressColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from advlab.core.norms import Norm
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.tally import Tally

_SURVIVES = {True: "yes", False: "no", None: ""}
_ROW, _HEAD = 35, 38
_COLUMNS: Mapping[str, ColumnConfig] = {
    "Attack": TextColumn(pinned=True, width=120),
    "Verdict": TextColumn(width=130),
    "L0": NumberColumn(format="%,d px", width=92, help="Pixels that were changed."),
    "L2": NumberColumn(format="%.3g", width=62, help="The whole change, of the picture in [0, 1]."),
    "L∞": NumberColumn(format="%.3g/255", width=80, help="The largest change of any value."),
    "SSIM": NumberColumn(
        format="%.3f", width=66, help="Similarity to the clean picture, as people see it; 1 is equal."),
    "Queries": NumberColumn(format="%,d", width=80),
    "Gradients": NumberColumn(format="%,d", width=88),
    "Seconds": NumberColumn(format="%.2f", width=80),
    "8 bits": TextColumn(width=68,
        help="Whether what the search found still succeeds when it is rounded to the 256 levels of a file."),
    "What happened": TextColumn(width=420),
}  # fmt: skip


def table(entries: Sequence[Entry], under_way: Mapping[str, str]) -> None:
    """Draw the numbers of one picture; `under_way` says of those without a result whether they run or wait."""
    rows = [_row(entry, under_way.get(entry.name, "")) for entry in entries]
    _draw(rows, [f"{entry.title} {entry.word}" for entry in entries])


def tallies(lines: Sequence[Tally], under_way: Mapping[str, str]) -> None:
    """Draw those of several pictures."""
    rows = [_middle(tally, under_way.get(tally.name, "")) for tally in lines]
    count = max(len(tally.tried) for tally in lines)
    fooled = ProgressColumn(format=f"%d of {count}", max_value=max(1, count), width=130)
    _draw(rows, [f"{tally.title} {tally.share}" for tally in lines], {"Fooled": fooled})
    st.caption(
        "Sizes and SSIM: medians over the pictures that an attack fools. Queries and gradients: medians over all of "
        "them. Seconds: of the whole batch."
    )


def _draw(
    rows: Sequence[Mapping[str, object]], alt: Sequence[str], more: Mapping[str, ColumnConfig] = MappingProxyType({})
) -> None:
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="c-table", height=_HEAD + _ROW * len(rows), row_height=_ROW,
        placeholder="–", alt="; ".join(alt), column_config={**_COLUMNS, **more},
    )  # fmt: skip


def _row(entry: Entry, under_way: str) -> dict[str, object]:
    outcome = entry.outcome
    norms = {} if outcome is None else outcome.norms
    return {
        "Attack": entry.title,
        "Verdict": entry.word or under_way,
        **_sizes({norm: norms.get(norm) for norm in Norm}),
        "SSIM": outcome and outcome.similarity,
        "Queries": outcome and outcome.queries,
        "Gradients": outcome and outcome.gradients,
        "Seconds": outcome and outcome.seconds,
        "8 bits": _SURVIVES[entry.survives],
        "What happened": entry.sentence,
    }


def _middle(tally: Tally, under_way: str) -> dict[str, object]:
    return {
        "Attack": tally.title,
        "Fooled": len(tally.won) if tally.outcomes else None,
        **_sizes({norm: tally.size(norm) for norm in Norm}),
        "SSIM": tally.similarity,
        "Queries": tally.queries,
        "Gradients": tally.gradients,
        "Seconds": tally.seconds,
        "8 bits": tally.survives,
        "What happened": tally.sentence or under_way,
    }


def _sizes(sizes: Mapping[Norm, float | None]) -> dict[str, object]:
    linf = sizes[Norm.LINF]
    return {"L0": sizes[Norm.L0], "L2": sizes[Norm.L2], "L∞": None if linf is None else linf * 255}
