"""The numbers of all attacks in a table that can be sorted."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from advlab.core.norms import Norm
from advlab.serving.compare.entry import Entry

_SURVIVES = {True: "yes", False: "no", None: ""}
_ROW, _HEAD = 35, 38


def table(entries: Sequence[Entry], under_way: Mapping[str, str]) -> None:
    """Draw it; `under_way` says of those without a result whether they run or wait."""
    rows = pd.DataFrame([_row(entry, under_way.get(entry.name, "")) for entry in entries])
    number = st.column_config.NumberColumn
    st.dataframe(
        rows, hide_index=True, key="c-table", height=_HEAD + _ROW * len(rows), row_height=_ROW, placeholder="–",
        alt="; ".join(f"{entry.title} {entry.word}" for entry in entries),
        column_config={
            "Attack": st.column_config.TextColumn(pinned=True, width=120),
            "Verdict": st.column_config.TextColumn(width=130),
            "L0": number(format="%,d px", width=92, help="Pixels that were changed."),
            "L2": number(format="%.3g", width=62, help="The whole change, of the picture in [0, 1]."),
            "L∞": number(format="%.3g/255", width=80, help="The largest change of any value."),
            "SSIM": number(
                format="%.3f", width=66, help="Similarity to the clean picture, as people see it; 1 is equal."),
            "Queries": number(format="%,d", width=80),
            "Gradients": number(format="%,d", width=88),
            "Seconds": number(format="%.2f", width=80),
            "8 bits": st.column_config.TextColumn(width=62,
                help="Whether what the search found still succeeds when it is rounded to the 256 levels of a file."),
            "What happened": st.column_config.TextColumn(width=420),
        },
    )  # fmt: skip


def _row(entry: Entry, under_way: str) -> dict[str, object]:
    outcome = entry.outcome
    norms = {} if outcome is None else outcome.norms
    linf = norms.get(Norm.LINF)
    return {
        "Attack": entry.title,
        "Verdict": entry.word or under_way,
        "L0": norms.get(Norm.L0),
        "L2": norms.get(Norm.L2),
        "L∞": None if linf is None else linf * 255,
        "SSIM": outcome and outcome.similarity,
        "Queries": outcome and outcome.queries,
        "Gradients": outcome and outcome.gradients,
        "Seconds": outcome and outcome.seconds,
        "8 bits": _SURVIVES[entry.survives],
        "What happened": entry.sentence,
    }
