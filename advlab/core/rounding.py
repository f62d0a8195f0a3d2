"""The picture that is given out: rounded to 8 bits, then judged alone, and that verdict is the claim.

Files hold whole numbers from 0 to 255, so an adversarial image that exists only between them is worth
nothing to whoever opens it: half of the smallest perturbations do not survive a PNG.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core import norms
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.norms import Norm
from advlab.core.result import AttackResult
from advlab.core.verdicts import votes

_LEVELS = 255
_BISECTIONS = 10
# Multiples to try. Small steps first: beyond a targeted boundary there may be another one soon.
_MULTIPLES = (1.0, 1.02, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, *(2.0**k for k in range(1, 12)))


@dataclass(frozen=True)
class EightBit:
    """One image of a result as it can be saved.

    Attributes:
        pixels: `[C, H, W]` uint8.
        shares: softmax probabilities `[K]` that the model gives exactly these pixels, alone and in float32.
        margin: the goal's margin; success is margin > 0 inside the radius.
        norms: size of the perturbation against the clean image, as in `AttackResult.norms`.
        success: the claim.
        passes: forward passes spent on it.
    """

    pixels: Tensor
    shares: Tensor
    margin: float
    norms: dict[str, float]
    success: bool
    passes: int


def give_out(classifier: Classifier, clean: Tensor, result: AttackResult, index: int = 0) -> EightBit:
    """Round image `index` of a result.

    With a radius the rounded image stays inside it: where rounding to the nearest would leave the
    ball, values are rounded towards the clean image. Without one, the smallest multiple of the
    perturbation is searched that still fools after rounding.

    Args:
        classifier: the one that was attacked.
        clean: the images `[N, C, H, W]` that were attacked.
        result: what `advlab.attack` returned for them.
        index: which of them.
    """
    judge = _Judge(classifier, clean[index].to(result.adversarial), result.goal.take(torch.tensor([index])))
    delta = result.adversarial[index] - judge.clean
    radius = None if result.eps is None else result.eps[index]
    found = bool(result.distance[index].isfinite()) and not bool(result.already[index])
    if radius is not None:
        pixels = _inside(judge.clean, delta, result.norm, radius)
    elif found:
        pixels = _smallest(judge, delta)
    else:
        pixels = _rounded(judge.clean + delta)
    shares, reached = judge(pixels)
    change = (pixels.to(judge.clean.dtype) / _LEVELS - judge.clean).unsqueeze(0)
    sizes = {norm.value: float(norms.size(change, norm)) for norm in Norm}
    inside = radius is None or bool(norms.within(torch.tensor(sizes[result.norm.value]), radius.cpu()))
    return EightBit(pixels, shares, reached, sizes, reached > 0 and inside, judge.passes)


class _Judge:
    """Asks about single rounded images."""

    def __init__(self, classifier: Classifier, clean: Tensor, goal: Goal) -> None:
        self.clean = clean
        self.passes = 0
        self._classifier, self._goal = classifier, goal

    def __call__(self, pixels: Tensor) -> tuple[Tensor, float]:
        found = votes(self._classifier, pixels.unsqueeze(0).to(self.clean.dtype) / _LEVELS)
        self.passes += len(found)
        return found.shares[0], float(found.margin(self._goal))


def _rounded(image: Tensor) -> Tensor:
    return (image * _LEVELS).round().clamp(0, _LEVELS).to(torch.uint8)


def _inside(clean: Tensor, delta: Tensor, norm: Norm, radius: Tensor) -> Tensor:
    """The nearest rounding that stays inside the radius."""
    steps = delta.abs() * _LEVELS

    def rounding(threshold: float) -> Tensor:
        """Away from the clean image where the fraction is at least this, towards it elsewhere."""
        whole = (steps + (1 - threshold)).floor()
        return _rounded(clean + whole * delta.sign() / _LEVELS)

    def fits(pixels: Tensor) -> bool:
        change = (pixels.to(clean.dtype) / _LEVELS - clean).unsqueeze(0)
        return bool(norms.within(norms.size(change, norm), radius))

    nearest = rounding(0.5)
    if fits(nearest):
        return nearest
    low, high = 0.5, 1.0 - 1e-4  # floats a hair below a whole number of steps still count as that step
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(rounding(middle)) else (middle, high)
    return rounding(high)


def _smallest(judge: _Judge, delta: Tensor) -> Tensor:
    """The smallest multiple of the perturbation, found by growing and bisection, that fools when rounded."""

    def at(factor: float) -> Tensor:
        return _rounded((judge.clean + factor * delta).clamp(0, 1))

    low = 0.0
    for high in _MULTIPLES:
        if judge(at(high))[1] > 0:
            break
        low = high
    else:
        return at(1.0)
    if low == 0:  # already the first one: it lies on the boundary, so there is nothing to gain below
        return at(high)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if judge(at(middle))[1] > 0 else (middle, high)
    return at(high)
