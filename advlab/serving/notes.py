"""What is said of a run wherever it is shown: its name, its verdict, and what its numbers are and are not."""

import numpy as np

from advlab import attacks
from advlab.core import reference
from advlab.core.request import AttackRequest
from advlab.serving.outcome import Outcome, Verdict, size

# Below this width, in pixels, pictures are shown enlarged, each pixel a square.
SMALL = 100


def attack(request: AttackRequest) -> str:
    """The attack's short name."""
    return reference.short(attacks.registry.get(request.attack))


def title(request: AttackRequest) -> str:
    """A run in a few words."""
    limit = "" if request.eps is None else f", ε {size(request.norm, request.eps)}"
    return f"{attack(request)}, {request.norm.symbol}{limit}"


def word(outcome: Outcome) -> str:
    """The verdict in a word, with its sign."""
    where = f" AT STEP {outcome.steps:,}" if outcome.steps else ""  # there are none without a film
    if outcome.stopped and outcome.verdict.success:
        where = f", STOPPED{where}"
    elif outcome.verdict is not Verdict.STOPPED:
        where = ""
    return f"{outcome.verdict.sign} {outcome.verdict}{where}"


def notes(outcome: Outcome) -> list[str]:
    """Short remarks, each with a sign in front where it says that something holds or does not."""
    request = outcome.request
    said = []
    if outcome.stopped and outcome.verdict is not Verdict.STOPPED:
        said.append("■ Stopped early: the best found so far; the exported script and command go on to the end")
    if outcome.verdict.success:
        said.append("✓ The saved PNG was opened again, measured and judged again")
    elif outcome.unrounded_success:
        said.append("✕ Did not survive rounding to 8 bits")
    unrounded = size(request.norm, outcome.unrounded_norms[request.norm.value])
    if (
        outcome.unrounded_success
        and request.eps is None
        and unrounded != size(request.norm, outcome.norms[request.norm.value])
    ):
        said.append(f"Before rounding to 8 bits: {request.norm.symbol} {unrounded}")
    if outcome.drawn_start:
        said.append(
            "! The picture to start from was drawn with the model's gradient: with labels alone, an attacker would "
            "need a photo of the target"
        )
    crafted = outcome.crafted
    if crafted is not None:
        said.append(f"The model was asked once. Making the picture took {crafted.passes}")
    device = "CPU" if outcome.device == "cpu" else outcome.device
    said.append(f"Seed {request.seed} · {device} · confidence is softmax, not calibrated")
    return said


def seen(pixels: np.ndarray) -> str:
    """What the model sees of a picture `[H, W, C]`, for the beginning of a sentence."""
    height, width = pixels.shape[:2]
    if width < SMALL:
        return f"The {width} × {height} pixels that the model sees, enlarged"
    return f"The {width} × {height} crop that the model sees"
