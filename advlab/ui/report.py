"""A finished run on the page: the sentence first, then the pictures, then few numbers."""

from html import escape

import streamlit as st

from advlab import attacks
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.serving.outcome import Outcome, Verdict, percent, sentence
from advlab.ui import charts
from advlab.ui.pictures import Figure, encode, figures, magnified
from advlab.ui.state import Picture

_COLUMN = 300
_LOOKS = {
    Verdict.FOOLED: ("adversarial", "✕"),
    Verdict.TARGET_HIT: ("target", "◎"),
    Verdict.WRONG_NOT_TARGET: ("adversarial", "≠"),
    Verdict.HELD: ("clean", "✓"),
    Verdict.ALREADY: ("neutral", "="),
    Verdict.STOPPED: ("neutral", "■"),
}


def show(outcome: Outcome, picture: Picture) -> None:
    """All of it."""
    verdict(outcome)
    pictures(outcome)
    top = st.grid(2, min_column_width=_COLUMN, gap="large")
    with top.cell():
        charts.opinion("Top 5 before the attack", outcome.before)
    with top.cell():
        charts.opinion("Top 5 after the attack", outcome.after, clean=outcome.before.label, target=outcome.goal)
    below = st.grid(2, min_column_width=_COLUMN, gap="large")
    with below.cell():
        numbers(outcome)
        honesty(outcome)
        if outcome.changed:
            download(outcome, picture)
    with below.cell():
        charts.curve(outcome.curve, outcome.goal or outcome.before.label, targeted=outcome.goal is not None)


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
        f'<div class="word">{icon} {outcome.verdict}</div>'
        f'<div class="headline">{escape(before.label)} {change}</div>'
        f'<div class="detail">{escape(sentence(outcome))}</div></div>'
    )


def pictures(outcome: Outcome) -> None:
    """Clean, adversarial, and what was added, magnified; one picture where nothing changed."""
    before, after = outcome.before, outcome.after
    side = f"{outcome.clean.shape[1]} × {outcome.clean.shape[0]}"
    clean = Figure(
        outcome.clean,
        before.label,
        "clean",
        f"Clean: the {side} crop that the model sees.",
        f"Clean picture, which the model calls {before.label}",
    )
    if not outcome.changed:
        figures([clean])
        return
    perturbation, gain = magnified(outcome.clean, outcome.adversarial)
    kind = "clean" if after.index == before.index else "adversarial"
    largest = size(Norm.LINF, outcome.norms["linf"])
    figures(
        [
            clean,
            Figure(
                outcome.adversarial,
                after.label,
                "target" if outcome.verdict is Verdict.TARGET_HIT else kind,
                f"After the attack: no value differs by more than {largest}.",
                f"Picture after the attack, which the model calls {after.label}",
            ),
            Figure(
                perturbation,
                f"× {gain}" if gain > 1 else "change",
                "neutral",
                "What was added" + (f", {gain} times magnified" if gain > 1 else "") + ". Grey is no change.",
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
        notes.append("✓ Judged as the 8-bit picture that you can download")
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


def download(outcome: Outcome, picture: Picture) -> None:
    """The adversarial picture, exactly as it was judged."""
    request = outcome.request
    st.download_button(
        "Download PNG",
        encode(outcome.adversarial, {"advlab": request.model_dump_json(), "verdict": outcome.verdict.value}),
        file_name=f"{picture.stem}-{request.attack}.png",
        mime="image/png",
        icon=":material/download:",
        on_click="ignore",
        key="download",
        help="Lossless, and exactly the pixels that were judged.",
    )
