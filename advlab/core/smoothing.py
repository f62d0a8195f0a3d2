"""Randomized smoothing: an L2 radius within which no attack whatever changes the smoothed classifier's answer.

The smoothed classifier answers what the base classifier says most often under Gaussian noise σ. With
confidence `1 - α` its answer to a picture is the same everywhere within `σ Φ⁻¹(p)`, p a lower bound of the
probability of that answer.

Reference: Cohen, Rosenfeld, Kolter: Certified adversarial robustness via randomized smoothing, ICML 2019,
arXiv 1902.02918: their algorithm CERTIFY, where the runner-up's probability is bounded by 1 - p.
"""

import sys
from bisect import bisect_left
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor

from advlab.core.binomial import lower_bound
from advlab.core.classifier import Classifier
from advlab.core.memory import in_chunks
from advlab.core.randomness import Noise
from advlab.errors import ParameterError

# The class is chosen by other noise than its probability is estimated with, or the bound would not hold.
_SELECTION, _ESTIMATION = 0, 1
# Draws between two looks at whether the verdict is settled.
_LOOK = 256


@dataclass(frozen=True)
class Smoothing:
    """The smoothed classifier, and how sure to be.

    Attributes:
        sigma: standard deviation of the noise, in the units of pixels in [0, 1].
        draws: n, to estimate the probability with.
        selection: n₀, to choose the class with.
        alpha: the chance, for each picture, that its certificate is wrong.
        seed: of the noise, which depends on the picture too and on nothing else.

    Raises:
        ParameterError: no such noise, chance or number.
    """

    sigma: float = 0.25
    draws: int = 10_000
    selection: int = 100
    alpha: float = 0.001
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.sigma > 0 or not 0 < self.alpha < 1 or self.draws < 1 or self.selection < 1:
            raise ParameterError(
                "Smoothing needs σ above 0, α between 0 and 1, and at least one draw of each kind, not "
                f"σ = {self.sigma}, α = {self.alpha}, {self.selection} and {self.draws} draws."
            )

    def radius(self, successes: int) -> float:
        """The certified L2 radius of a class that came `successes` times in all draws; 0: abstain."""
        probability = lower_bound(successes, self.draws, self.alpha)
        return self.sigma * NormalDist().inv_cdf(probability) if probability > 0.5 else 0.0

    def needed(self, radius: float) -> int:
        """The fewest successes that certify this radius; more than `draws` where all would not be enough."""
        positive = max(radius, sys.float_info.min)  # radius 0 is an answer, not an abstention
        return bisect_left(range(self.draws + 1), positive, key=self.radius)


@dataclass(frozen=True)
class Certificate:
    """What is proved about one picture.

    Attributes:
        label: the smoothed classifier's answer; None: it abstains.
        radius: L2, in the units of pixels in [0, 1]; 0 where it abstains.
        successes: how often that answer came in the estimation.
    """

    label: int | None
    radius: float
    successes: int


@dataclass(frozen=True)
class Decision:
    """Whether a picture's true class is certified at a radius.

    Attributes:
        certified: the verdict.
        selected: the class that came most often in the selection; -1 if none ever came.
        successes, draws: of the estimation, as far as it went.
    """

    certified: bool
    selected: int
    successes: int
    draws: int


def certify(classifier: Classifier, image: Tensor, smoothing: Smoothing) -> Certificate:
    """The smoothed classifier's answer to one picture `[C, H, W]` and its radius, with all draws.

    The base classifier is `classifier.search`: with bf16 as its execution, what is certified is the network
    as it is computed in bf16.
    """
    draws = _Draws(classifier, image, smoothing)
    selected = draws.most_frequent()
    successes = draws.count(selected, 0, smoothing.draws)
    radius = smoothing.radius(successes)
    return Certificate(selected if radius > 0 else None, radius, successes)


def certified_at(classifier: Classifier, image: Tensor, label: int, radius: float, smoothing: Smoothing) -> Decision:
    """Whether one picture `[C, H, W]` is certified to be of class `label` within an L2 radius.

    The verdict is that of `certify`: this label, with a radius at least as large. It takes fewer draws: none
    where another class was selected, and no more where the remaining ones cannot change it any more.
    """
    draws, needed = _Draws(classifier, image, smoothing), smoothing.needed(radius)
    selected = draws.most_frequent()
    successes = done = 0
    if selected == label:
        while successes < needed <= successes + smoothing.draws - done:
            end = min(done + _LOOK, smoothing.draws)
            successes, done = successes + draws.count(selected, done, end), end
    return Decision(selected == label and successes >= needed, selected, successes, done)


class _Draws:
    """The base classifier's answers to one picture under noise; draw i is the same whoever asks for it."""

    def __init__(self, classifier: Classifier, image: Tensor, smoothing: Smoothing) -> None:
        self._classifier, self._smoothing = classifier, smoothing
        self._image = image.unsqueeze(0).to(classifier.device, classifier.dtype)
        self._key = Noise.of(smoothing.seed, self._image).keys

    def most_frequent(self) -> int:
        """The class that comes most often in the selection, of equals the first; -1 if none ever comes."""
        answers = self._answers(0, self._smoothing.selection, _SELECTION)
        named = answers[answers >= 0]
        return int(named.bincount().argmax()) if len(named) else -1

    def count(self, label: int, begin: int, end: int) -> int:
        """How many draws of the estimation from `begin` to `end` give this class."""
        return int((self._answers(begin, end, _ESTIMATION) == label).sum()) if label >= 0 else 0

    def _answers(self, begin: int, end: int, kind: int) -> Tensor:
        """Classes `[end - begin]`; -1 where the logits are not finite, which is nobody's success."""

        def work(part: slice) -> tuple[Tensor, ...]:
            step = torch.arange(begin + part.start, begin + part.stop, device=self._key.device)
            noise = Noise(self._key.expand(len(step)), step).normal(self._image.shape[1:], draw=kind)
            logits = self._classifier.search(self._image + self._smoothing.sigma * noise)
            return (torch.where(logits.isfinite().all(1), logits.argmax(1), -1),)

        with torch.no_grad():
            return in_chunks(end - begin, self._classifier, work)[0]
