"""The pictures of a report: clean and adversarial under one handle, and what was added."""

import base64

import numpy as np

from advlab.core.norms import Norm
from advlab.data import pictures
from advlab.serving.exports.report.text import safe
from advlab.serving.notes import SMALL, seen
from advlab.serving.outcome import Outcome, Verdict, percent, size


def comparison(outcome: Outcome) -> str:
    """Both pictures in one place with a handle between them; on paper and without scripts side by side."""
    before, after = outcome.before, outcome.after
    clean = _image(pictures.png(outcome.clean), outcome, f"Clean picture, which the model calls {before.label}")
    tag = f'<span class="tag clean">{safe(before.label)} {safe(percent(before.confidence))}</span>'
    if not outcome.changed:
        caption = f"{seen(outcome.clean)}. The attack changed nothing."
        return f'<figure><div class="frame">{clean}{tag}</div><figcaption>{caption}</figcaption></figure>'
    adversarial = _image(outcome.png, outcome, f"Picture after the attack, which the model calls {after.label}")
    kind = after_kind(outcome)
    largest = size(Norm.LINF, outcome.norms["linf"])
    return (
        '<figure class="swipe"><div class="frames">'
        f'<div class="frame">{clean}{tag}</div>'
        f'<div class="frame over">{adversarial}'
        f'<span class="tag {kind}">{safe(after.label)} {safe(percent(after.confidence))}</span></div>'
        '<div class="handle" aria-hidden="true"><span>↔</span></div>'
        '<input type="range" min="0" max="100" value="50" step="2" '
        'aria-label="How much of the clean picture is shown, in percent"></div>'
        f"<figcaption>{seen(outcome.clean)}: clean on the left, after the attack on the "
        f"right. No value differs by more than {safe(largest)}.</figcaption></figure>"
    )


def change(outcome: Outcome) -> str:
    """What was added, magnified."""
    shown, gain = magnified(outcome.clean, outcome.adversarial)
    values = outcome.adversarial != outcome.clean
    share = percent(float(values.any(axis=2).mean()))
    times = f", {gain} times magnified" if gain > 1 else ""
    image = _image(pictures.png(shown), outcome, f"The change, magnified {gain} times")
    tag = f'<span class="tag neutral">× {gain}</span>' if gain > 1 else ""
    return (
        f'<figure><div class="frame">{image}{tag}</div><figcaption>What was added{times}; grey is no change. '
        f"{safe(share)} of the pixels differ.</figcaption></figure>"
    )


def magnified(clean: np.ndarray, adversarial: np.ndarray) -> tuple[np.ndarray, int]:
    """The change around middle grey, and how many times it is magnified (a power of two)."""
    delta = adversarial.astype(np.int16) - clean
    largest = max(1, int(np.abs(delta).max()))
    gain = 2 ** max(0, int(np.log2(128 / largest)))
    return np.clip(128 + delta * gain, 0, 255).astype(np.uint8), gain


def after_kind(outcome: Outcome) -> str:
    """The colour of the answer after the attack."""
    if outcome.verdict is Verdict.TARGET_HIT:
        return "target"
    return "clean" if outcome.after.index == outcome.before.index else "adversarial"


def _image(png: bytes, outcome: Outcome, alt: str) -> str:
    height, width = outcome.clean.shape[:2]
    small = ' class="small"' if width < SMALL else ""
    data = base64.b64encode(png).decode()
    return f'<img{small} src="data:image/png;base64,{data}" width="{width}" height="{height}" alt="{safe(alt)}">'
