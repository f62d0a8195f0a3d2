"""What attacks on a copy do to its victim, as a table and on one picture."""

from html import escape

import streamlit as st

from advlab.models.shipped import Count
from advlab.serving.blackbox.substitute import Attacked, Copied, Single
from advlab.serving.outcome import percent
from advlab.ui import pictures
from advlab.ui.pictures import Figure

_HEAD = ("Attack", "fools the copy", "fools the victim", "with the victim’s gradient")


def table(found: Copied) -> None:
    """A row an attack: the copy itself, the victim by transfer, and what its own gradient would have done."""
    head = "".join(f"<th scope='col'>{escape(one)}</th>" for one in _HEAD)
    st.html(f'<table class="copies"><thead><tr>{head}</tr></thead><tbody>{"".join(map(_row, found.attacked))}'
            "</tbody></table>")  # fmt: skip


def _row(one: Attacked) -> str:
    cells = (_cell(one.on_itself, ""), _cell(one.on_victim, "counts"), _cell(one.ceiling, ""))
    return f"<tr><th scope='row'>{escape(one.title)}</th>{''.join(cells)}</tr>"


def _cell(count: Count | None, kind: str) -> str:
    if count is None:
        return "<td>–</td>"
    low, high = (100 * end for end in count.interval)
    bar = f'<i style="width:{100 * count.share:.0f}%"></i>'
    return (
        f'<td class="{kind}"><b>{count.share:.0%}</b> <span>{low:.0f}–{high:.0f}</span>'
        f'<div class="bar" aria-hidden="true">{bar}</div></td>'
    )


def pictures_of(found: Copied) -> list[Figure]:
    """The visitor's picture, and what each attack on the copy made of it."""
    shown = [] if found.clean is None else [_figure("clean", "clean", found.clean)]
    return shown + [
        _figure(f"{one.title.partition(' · ')[0]}: {'fooled' if one.single.fooled else 'held'}",
                "adversarial" if one.single.fooled else "neutral", one.single)
        for one in found.attacked
    ]  # fmt: skip


def one_picture(found: Copied) -> None:
    """The same, drawn."""
    st.markdown("**Your picture**, changed by attacks that saw the copy and never the victim")
    pictures.figures(pictures_of(found))


def _figure(tag: str, kind: str, single: Single) -> Figure:
    told = (
        f"Victim: {single.says.label} {percent(single.says.confidence)} · copy: {single.copy_says.label} "
        f"{percent(single.copy_says.confidence)}"
    )
    return Figure(single.pixels, tag, kind, told, f"{tag}. {told}.")
