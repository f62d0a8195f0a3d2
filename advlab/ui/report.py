"""A finished run on the page: the sentence first, then the pictures, then few numbers."""

from html import escape

import streamlit as st

from advlab import attacks
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.serving.outcome import Outcome, Verdict, percent, sentence, size
from advlab.ui.pictures import Figure, figures

_LOOKS = {
    Verdict.FOOLED: ("adversarial", "✕"),
    Verdict.TARGET_HIT: ("target", "◎"),
    Verdict.WRONG_NOT_TARGET: ("adversarial", "≠"),
    Verdict.HELD: ("clean", "✓"),
    Verdict.ALREADY: ("neutral", "="),
    Verdict.ALREADY_WRONG: ("neutral", "="),
    Verdict.STOPPED: ("neutral", "■"),
    Verdict.INVALID: ("neutral", "!"),
}


def title(request: AttackRequest) -> str:
    """A run in a few words."""
    attack = attacks.registry.get(request.attack).title.split(" ·")[0]
    limit = "" if request.eps is None else f", ε {size(request.norm, request.eps)}"
    return f"{attack}, {request.norm.symbol}{limit}"


def verdict(outcome: Outcome) -> None:
    """The largest text of the page: what it was, what it is now, how sure."""
    kind, icon = _LOOKS[outcome.verdict]
    before, after = outcome.before, outcome.after
    change = f'<span class="share">{percent(before.confidence)}</span>'
    if outcome.changed:
        name = f"{escape(after.label)} " if after.index != before.index else ""
        change += f' <span class="after">→ {name}<span class="share">{percent(after.confidence)}</span></span>'
    st.html(
        f'<div class="verdict {kind}" role="status" aria-live="polite">'
        f'<div class="word">{icon} {_word(outcome)}</div>'
        f'<div class="headline">{escape(before.label)} {change}</div>'
        f'<div class="detail">{escape(sentence(outcome))}</div></div>'
    )


def _word(outcome: Outcome) -> str:
    where = f" AT STEP {outcome.steps:,}" if outcome.verdict is Verdict.STOPPED and outcome.steps else ""
    return f"{outcome.verdict}{where}"


def only_picture(outcome: Outcome) -> None:
    """The clean picture, where nothing was changed."""
    side = f"{outcome.clean.shape[1]} × {outcome.clean.shape[0]}"
    label = outcome.before.label
    alt = f"Clean picture, which the model calls {label}"
    figures([Figure(outcome.clean, label, "clean", f"The {side} crop that the model sees; nothing was changed.", alt)])


def three(outcome: Outcome) -> None:
    """The three numbers for a projector: how large the change is, how sure the model was and is, what it took."""
    norm = outcome.request.norm
    rows = {
        f"Size of the change ({norm.symbol})": size(norm, outcome.norms[norm.value]),
        "Sure before → after": f"{percent(outcome.before.confidence)} → {percent(outcome.after.confidence)}",
        "Questions to the model": f"{outcome.queries:,}",
    }
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows.items())
    st.html(f'<dl class="three">{cells}</dl>')


def numbers(outcome: Outcome) -> None:
    """Few, aligned, with units."""
    rows = {norm.symbol: size(norm, outcome.norms[norm.value]) for norm in (Norm.LINF, Norm.L2)}
    rows |= {
        "SSIM": f"{outcome.similarity:.3f}",
        "Queries": f"{outcome.queries:,}",
        "Gradients": f"{outcome.gradients:,}",
        "Time": f"{outcome.seconds:.1f} s",
    }
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows.items())
    st.html(f'<dl class="numbers">{cells}</dl>')


def honesty(outcome: Outcome) -> None:
    """What these numbers are, and what they are not."""
    request = outcome.request
    norm = request.norm
    notes = []
    if outcome.stopped and outcome.verdict is not Verdict.STOPPED:
        notes.append("■ Stopped early: the best found so far")
    if outcome.verdict.success:
        notes.append("✓ The saved PNG was opened again, measured and judged by itself")
    elif outcome.unrounded_success:
        notes.append("✕ Did not survive rounding to 8 bits")
    unrounded = size(norm, outcome.unrounded_norms[norm.value])
    if outcome.unrounded_success and request.eps is None and unrounded != size(norm, outcome.norms[norm.value]):
        notes.append(f"Before rounding to 8 bits: {norm.symbol} {unrounded}")
    if outcome.drawn_start:
        notes.append("Started from a picture of the target drawn with the model's gradient, in place of a photo")
    device = "CPU" if outcome.device == "cpu" else outcome.device
    notes.append(f"Seed {request.seed} · {device} · confidence is softmax, not calibrated")
    st.html('<ul class="checks">' + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>")
