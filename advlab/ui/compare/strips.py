"""The gallery of several pictures: a line an attack, a column a picture, with a mark on each."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from advlab.serving.compare.entry import Entry
from advlab.serving.compare.tally import Tally
from advlab.serving.outcome import Outcome, Verdict, percent
from advlab.ui.pictures import thumbnail

# Pixels of a side: twice what is shown, for screens that have them.
_SIDE = 112


def strips(keys: Sequence[str], tallies: Sequence[Tally], titles: Mapping[str, str]) -> None:
    """Draw those that have ended, below the clean pictures.

    Args:
        keys: name the results, so that each strip is encoded once.
        tallies: the attacks.
        titles: of the pictures, by what requests call them.
    """
    ended = [(key, tally) for key, tally in zip(keys, tallies, strict=True) if tally.outcomes]
    if not ended:
        return
    key, first = ended[0]
    lines = [_clean(f"clean {key}", first.outcomes, titles)]
    lines += [_line(f"{key} {tally.request.eps!r}", tally, titles) for key, tally in ended]
    st.html(
        f'<div class="strips" tabindex="0" role="region" aria-label="Pictures"><table>{"".join(lines)}</table></div>'
    )


@st.cache_data(max_entries=20, show_spinner=False)
def _clean(key: str, _outcomes: Sequence[Outcome], _titles: Mapping[str, str]) -> str:  # noqa: ARG001 - the cache's key
    cells = "".join(
        _cell(thumbnail(one.clean, _SIDE), f"{_titles[one.request.picture]}: {_says(one.before.label)}, "
              f"{percent(one.before.confidence)}")
        for one in _outcomes
    )  # fmt: skip
    return f"<tr><th scope='row'>Clean pictures</th>{cells}</tr>"


@st.cache_data(max_entries=120, show_spinner=False)
def _line(key: str, _tally: Tally, _titles: Mapping[str, str]) -> str:  # noqa: ARG001 - the cache's key
    cells = "".join(_attacked(entry, _titles) for entry in _tally.entries)
    return f"<tr><th scope='row'><b>{escape(_tally.title)}</b><span>{escape(_tally.share)}</span></th>{cells}</tr>"


def _attacked(entry: Entry, titles: Mapping[str, str]) -> str:
    outcome = entry.outcome
    if outcome is None:
        return "<td></td>"
    after = outcome.after
    what = f"{titles[outcome.request.picture]}, {entry.word[2:].lower()}"
    about = f"{what}: {_says(after.label)}, {percent(after.confidence)}. {entry.amount}"
    return _cell(thumbnail(outcome.adversarial, _SIDE), about, entry)


def _says(label: str) -> str:
    return f"the model says {label}"


def _cell(source: str, about: str, entry: Entry | None = None) -> str:
    mark = "" if entry is None else f'<i class="{entry.kind}" aria-hidden="true">{escape(entry.word[:1])}</i>'
    return f'<td title="{escape(about)}"><img src="{source}" alt="{escape(about)}">{mark}</td>'


def legend(tallies: Sequence[Tally]) -> None:
    """What the marks mean, of those that are there."""
    there = {entry.word: entry.kind for tally in tallies for entry in tally.entries if entry.outcome is not None}
    order = [*Verdict]
    words = sorted(there, key=lambda word: next((n for n, one in enumerate(order) if one in word), len(order)))
    keys = "".join(
        f'<span><i class="mark {there[word]}">{escape(word[:1])}</i>{escape(word[2:].lower())}</span>' for word in words
    )
    st.html(f'<div class="keys strips-keys">{keys}</div>')
