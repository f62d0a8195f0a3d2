"""A finished run on the page: the sentence first, then the pictures, then few numbers."""

from html import escape

import streamlit as st

from advlab.core.norms import Norm
from advlab.serving.notes import notes, seen, word
from advlab.serving.outcome import Outcome, percent, sentence, size
from advlab.ui.pictures import Figure, figures

_SIZES = {
    Norm.LINF: "Largest change, L∞",
    Norm.L2: "Whole change, L2",
    Norm.L1: "Whole change, L1",
    Norm.L0: "Changed pixels, L0",
}


def verdict(outcome: Outcome) -> None:
    """The largest text of the page: what it was, what it is now, how sure."""
    before, after = outcome.before, outcome.after
    change = f'<span class="share">{percent(before.confidence)}</span>'
    if outcome.changed:
        name = f"{escape(after.label)} " if after.index != before.index else ""
        change += f' <span class="after">→ {name}<span class="share">{percent(after.confidence)}</span></span>'
    st.html(
        f'<div class="verdict {outcome.verdict.kind}" role="status" aria-live="polite">'
        f'<div class="word">{word(outcome)}</div>'
        f'<div class="headline">{escape(before.label)} {change}</div>'
        f'<div class="detail">{escape(sentence(outcome))}</div></div>'
    )


def doubts(outcome: Outcome) -> None:
    """Why the verdict may be wrong, right below it."""
    for note in outcome.notes:
        st.warning(note, icon=":material/warning:")


def only_picture(outcome: Outcome) -> None:
    """The clean picture, where nothing was changed."""
    label = outcome.before.label
    alt = f"Clean picture, which the model calls {label}"
    figures([Figure(outcome.clean, label, "clean", f"{seen(outcome.clean)}; nothing was changed.", alt)])


def three(outcome: Outcome) -> None:
    """The three numbers for a projector: how large the change is, how sure the model was and is, what it took."""
    norm = outcome.request.norm
    rows = {
        _SIZES[norm]: size(norm, outcome.norms[norm.value]),
        "Confidence before → after": f"{percent(outcome.before.confidence)} → {percent(outcome.after.confidence)}",
        "Times the model was asked": f"{outcome.queries:,}",
    }
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows.items())
    st.html(f'<dl class="three">{cells}</dl>')


def numbers(outcome: Outcome) -> None:
    """Few, aligned, with units."""
    rows = {_SIZES[norm]: size(norm, outcome.norms[norm.value]) for norm in (Norm.LINF, Norm.L2)}
    rows |= {
        "Similarity, SSIM": f"{outcome.similarity:.3f}" if outcome.similarity < 0.9995 else ">0.999",
        "Queries": f"{outcome.queries:,}",
        **(
            {"Gradients": f"{outcome.gradients:,}"}
            if outcome.crafted is None
            else {"Source passes": f"{outcome.crafted.total:,}"}
        ),
        "Time": f"{outcome.seconds:.1f} s",
    }
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows.items())
    st.html(f'<dl class="numbers">{cells}</dl>')


def honesty(outcome: Outcome) -> None:
    """What these numbers are, and what they are not."""
    st.html('<ul class="checks">' + "".join(f"<li>{escape(note)}</li>" for note in notes(outcome)) + "</ul>")
