"""What the numbers of a run are, and what they are not: said wherever they are shown."""

from advlab.serving.outcome import Outcome, Verdict, size


def notes(outcome: Outcome) -> list[str]:
    """Short remarks, each with a sign in front where it says that something holds or does not."""
    request = outcome.request
    said = []
    if outcome.stopped and outcome.verdict is not Verdict.STOPPED:
        said.append("■ Stopped early: the best found so far")
    if outcome.verdict.success:
        said.append("✓ Judged as the 8-bit picture that you can download")
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
        said.append("Started from a picture of the target drawn with the model's gradient, in place of a photo")
    device = "CPU" if outcome.device == "cpu" else outcome.device
    said.append(f"Seed {request.seed} · {device} · confidence is softmax, not calibrated")
    return said
