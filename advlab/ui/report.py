"""A finished run on the page: the sentence first, then the pictures, then few numbers."""

from html import escape

import streamlit as st

from advlab.core.norms import Norm
from advlab.serving.outcome import Outcome, Verdict, percent, sentence
from advlab.ui import charts
from advlab.ui.pictures import Figure, encode, figures, magnified

_LOOKS = {
    Verdict.FOOLED: ("adversarial", "✕"),
    Verdict.TARGET_HIT: ("target", "◎"),
    Verdict.WRONG_NOT_TARGET: ("adversarial", "≠"),
    Verdict.HELD: ("clean", "✓"),
    Verdict.ALREADY: ("neutral", "="),
    Verdict.STOPPED: ("neutral", "■"),
}


def verdict(outcome: Outcome) -> None:
    """The largest text of the page: what it was, what it is now, how sure."""
    kind, icon = _LOOKS[outcome.verdict]
    before, after = outcome.before, outcome.after
    change = f'<span class="share">{percent(before.confidence)}</span>'
    if after.index != before.index:
        change += f' → {escape(after.label)} <span class="share">{percent(after.confidence)}</span>'
    elif outcome.verdict is not Verdict.ALREADY:
        change += f' → <span class="share">{percent(after.confidence)}</span>'
    st.html(
        f'<div class="verdict {kind}" role="status" aria-live="polite">'
        f'<div class="word">{icon} {outcome.verdict}</div>'
        f'<div class="headline">{escape(before.label)} {change}</div>'
        f'<div class="detail">{escape(sentence(outcome))}</div></div>'
    )


def pictures(outcome: Outcome) -> None:
    """Clean, adversarial, and what was added, magnified."""
    perturbation, gain = magnified(outcome.clean, outcome.adversarial)
    before, after = outcome.before, outcome.after
    largest = size(Norm.LINF, outcome.norms["linf"])
    side = f"{outcome.clean.shape[1]} × {outcome.clean.shape[0]}"
    figures(
        [
            Figure(
                outcome.clean,
                before.label,
                "clean",
                f"Clean: the {side} crop that the model sees.",
                f"Clean picture, which the model calls {before.label}",
            ),
            Figure(
                outcome.adversarial,
                after.label,
                "adversarial" if after.index != before.index else "clean",
                f"After the attack: no value differs by more than {largest}.",
                f"Picture after the attack, which the model calls {after.label}",
            ),
            Figure(
                perturbation,
                f"× {gain}",
                "neutral",
                f"What was added, {gain} times magnified. Grey is no change.",
                f"The perturbation, magnified {gain} times",
            ),
        ]
    )


def size(norm: Norm, value: float) -> str:
    """A size with its unit: L∞ in 1/255."""
    if norm is Norm.LINF:
        return f"{value * 255:.3g}/255"
    if norm is Norm.L0:
        return f"{value:,.0f} px"
    return f"{value:.3g}"


def numbers(outcome: Outcome) -> None:
    """Few, aligned, with units."""
    rows = {norm.symbol: size(norm, outcome.norms[norm.value]) for norm in (Norm.LINF, Norm.L2)}
    changed = outcome.norms["l0"] / (outcome.clean.shape[0] * outcome.clean.shape[1])
    rows |= {
        "Pixels changed": f"{changed:.0%}",
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
    if outcome.verdict.success:
        notes.append("✓ Judged as the 8-bit picture that you can download")
    elif outcome.unrounded_success:
        notes.append("✕ Did not survive rounding to 8 bits")
    if outcome.unrounded_success and request.eps is None:
        unrounded = size(norm, outcome.unrounded_norms[norm.value])
        notes.append(f"Before rounding to 8 bits: {norm.symbol} {unrounded}")
    if outcome.drawn_start:
        notes.append("Started from a picture of the target drawn with the model's gradient, in place of a photo")
    notes.append(f"Seed {request.seed} · {outcome.device} · confidence is softmax, not calibrated")
    st.html('<ul class="checks">' + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>")


def opinions(outcome: Outcome) -> None:
    """The model's five likeliest classes before and after."""
    charts.opinion("Top 5 before the attack", outcome.before, charts.CLEAN)
    fooled = outcome.after.index != outcome.before.index
    charts.opinion("Top 5 after the attack", outcome.after, charts.ADVERSARIAL if fooled else charts.CLEAN)


def download(outcome: Outcome) -> None:
    """The adversarial picture, exactly as it was judged."""
    request = outcome.request
    st.download_button(
        "Download PNG",
        encode(outcome.adversarial, {"advlab": request.model_dump_json(), "verdict": outcome.verdict.value}),
        file_name=f"{request.picture.split(':')[-1]}-{request.attack}.png",
        mime="image/png",
        icon=":material/download:",
        on_click="ignore",
        key="download",
        help="Lossless, and exactly the pixels that were judged.",
    )
