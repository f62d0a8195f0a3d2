"""The gallery: for each attack its picture, what it changed, and the verdict in words."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from advlab.core.norms import Norm
from advlab.models import Card
from advlab.serving.compare.entry import Entry
from advlab.serving.outcome import Look, Outcome, percent, size
from advlab.ui import words
from advlab.ui.pictures import Figure, change, markup

_WIDTH = 285  # three stand side by side on a laptop


def cards(look: Look | None, keys: Sequence[str], entries: Sequence[Entry]) -> None:
    """Draw the clean picture, and those that have ended.

    Args:
        look: the clean picture as the model sees it.
        keys: name the results, so that each picture is encoded once.
        entries: the attacks.
    """
    ended = [(key, entry) for key, entry in zip(keys, entries, strict=True) if entry.word]
    grid = st.grid("auto", min_column_width=_WIDTH, gap="medium")
    if look is not None:
        with grid.cell():
            st.html(_clean(look))
    for key, entry in ended:
        with grid.cell():
            st.html(_frame(entry, "") if entry.outcome is None else _card(f"{key} {entry.request.eps!r}", entry))


def before(look: Look | None, card: Card, parts: Sequence[tuple[str, str, str]]) -> None:
    """Before anybody attacks: the clean picture, if the model has looked at it, and what there will be."""
    if look is None:
        words.promise(*parts)
        return
    grid = st.grid(2, min_column_width=330, gap="large")
    with grid.cell():
        _alone(look, card)
    with grid.cell():
        words.promise(*parts, stacked=True)


def _alone(look: Look, card: Card) -> None:
    says = f"{look.opinion.label} {percent(look.opinion.confidence)}"
    figure = Figure(look.pixels, says, "clean", f"What {card.title} says before any attack.", f"Clean picture: {says}")
    st.html(f'<div class="pictures one before">{markup([figure])}</div>')


def _clean(look: Look) -> str:
    """The card of the clean picture, with what else it might be."""
    says = f"{look.opinion.label} {percent(look.opinion.confidence)}"
    figure = markup([Figure(look.pixels, says, "clean", "", f"Clean picture: {says}")])
    top = "".join(f"<li><span>{escape(label)}</span><b>{percent(share)}</b></li>" for label, share in look.opinion.top)
    return (
        '<article class="attack"><header><b>Clean picture</b><span class="word">BEFORE</span></header>'
        f'<div class="pictures">{figure}<ol>{top}</ol></div></article>'
    )


@st.cache_data(max_entries=120, show_spinner=False)
def _card(key: str, _entry: Entry) -> str:  # noqa: ARG001 - the cache's key
    outcome = _entry.outcome
    if outcome is None:
        raise TypeError("There is a card of a result only.")
    label = f"{outcome.after.label} {percent(outcome.after.confidence)}"
    changed = outcome.after.index != outcome.before.index
    kind = "target" if _entry.kind == "target" else "adversarial" if changed else "clean"
    pixels, times = change(outcome.clean, outcome.adversarial)
    figures = [
        Figure(outcome.adversarial, label, kind, "", f"{_entry.title}: the model says {label}"),
        Figure(pixels, f"change × {times}", "neutral", "", f"What {_entry.title} changed, {times} times enlarged"),
    ]
    return _frame(_entry, f'<div class="pictures">{markup(figures)}</div>')


def _frame(entry: Entry, inside: str) -> str:
    """The card around what is inside: who, the verdict, and the numbers or what went wrong."""
    said = entry.sentence if entry.outcome is None else _numbers(entry, entry.outcome)
    return (
        f'<article class="attack {entry.kind}"><header><b>{escape(entry.title)}</b>'
        f'<span class="word">{escape(entry.word)}</span></header>{inside}<p>{escape(said)}</p></article>'
    )


def _numbers(entry: Entry, outcome: Outcome) -> str:
    """Size, queries and time; where something is odd, what."""
    if entry.beyond or (outcome.unrounded_success and not outcome.verdict.success):
        return entry.sentence
    norm = entry.request.norm
    other = Norm.L2 if norm is Norm.LINF else Norm.LINF
    sizes = " · ".join(f"{one.symbol} {size(one, outcome.norms[one.value])}" for one in (norm, other))
    queries = f"{outcome.queries:,} quer{'y' if outcome.queries == 1 else 'ies'}"
    return f"{sizes} · {queries} · {outcome.seconds:.1f} s"
