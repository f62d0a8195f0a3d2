"""The numbers of all attacks in a table that can be sorted."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from advlab.core.norms import Norm
from advlab.serving.compare.entry import Entry

_SURVIVES = {True: "yes", False: "no", None: ""}
_ROW, _HEAD = 35, 38
_WORD, _SHARE = 150, 84  # pixels of the longest verdict, and of three digits of 255


def table(entries: Sequence[Entry], under_way: Mapping[str, str]) -> None:
    """Draw it; `under_way` says of those without a result whether they run or wait."""
    rows = pd.DataFrame([_row(entry, under_way.get(entry.name, "")) for entry in entries])
    number = st.column_config.NumberColumn
    st.dataframe(
        rows, hide_index=True, key="c-table", height=_HEAD + _ROW * len(rows), row_height=_ROW,
        alt="; ".join(f"{entry.title} {entry.word}" for entry in entries),
        column_config={
            "Attack": st.column_config.TextColumn(pinned=True),
            "Verdict": st.column_config.TextColumn(width=_WORD),
            "L0": number(format="%,d px", help="Pixels that were changed."),
            "L2": number(format="%.3g", help="The whole change, of the picture in [0, 1]."),
            "L∞": number(format="%.3g/255", width=_SHARE, help="The largest change of any value."),
            "SSIM": number(format="%.3f", help="Similarity to the clean picture, as people see it; 1 is equal."),
            "Queries": number(format="%,d"),
            "Gradients": number(format="%,d"),
            "Seconds": number(format="%.2f"),
            "8 bits": st.column_config.TextColumn(
                help="Whether what the search found still succeeds when it is rounded to the 256 levels of a file."),
            "What happened": st.column_config.TextColumn(width="large"),
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
