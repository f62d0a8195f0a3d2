"""Randomized smoothing as a classifier: what the network says most often under noise."""

import math
from typing import ClassVar

from torch import Tensor, nn

from advlab.core.attack import Widget, param
from advlab.core.classifier import Classifier, without_normalisation
from advlab.core.defense import Defense, Gradients, Kind
from advlab.core.randomness import fresh
from advlab.core.smoothing import Smoothing
from advlab.defenses import register


@register
class RandomizedSmoothing(Defense):
    """Gaussian noise many times over, and the class that most of the noisy copies get.

    The logits are the logarithms of the shares of the draws. With many draws the answer has a certificate: see
    `smoothing`, and `advlab.core.smoothing.certify`.

    Reference: Cohen, Rosenfeld, Kolter: Certified adversarial robustness via randomized smoothing, ICML 2019, arXiv
    1902.02918. Who knows it climbs the logarithm of the mean probability of some noisy copies: Salman et al.:
    Provably robust deep learning via adversarially trained smoothed classifiers, NeurIPS 2019, arXiv 1906.04584.
    """

    name: ClassVar[str] = "randomized_smoothing"
    title: ClassVar[str] = "Randomized smoothing"
    kind: ClassVar[Kind] = Kind.CERTIFIED

    sigma: float = param(
        0.25, "Noise", "Standard deviation, for pixels in [0, 1].", gt=0, le=2, widget=Widget(0.05, 1, 0.05)
    )
    draws: int = param(100, "Draws", "Noisy copies that vote on an answer.", ge=1, le=100_000, widget=Widget(10, 1000))
    samples: int = param(20, "Draws of the attacker", "Averaged by who knows of it.", ge=1, le=1000)

    @property
    def gradients(self) -> tuple[Gradients, ...]:
        """Over the mean."""
        return (Gradients.EOT,)

    @property
    def through(self) -> str:
        """A sentence."""
        return f"The attacker climbs the mean probability of {self.samples} noisy copies (EOT)."

    def smoothing(self, draws: int, alpha: float = 0.001, seed: int = 0) -> Smoothing:
        """What certificates of this classifier are made with."""
        return Smoothing(sigma=self.sigma, draws=draws, alpha=alpha, seed=seed)

    def wrap(self, classifier: Classifier, clean: Tensor | None = None) -> Classifier:
        """The classifier by vote."""
        return self._smoothed(classifier, self.draws, hard=True)

    def known(self, classifier: Classifier, clean: Tensor | None = None) -> Classifier:
        """By mean probability, which has a gradient."""
        return self._smoothed(classifier, self.samples, hard=False)

    def _smoothed(self, classifier: Classifier, draws: int, *, hard: bool) -> Classifier:
        return Classifier(
            _Smoothed(classifier, self.sigma, draws, hard=hard),
            classifier.labels,
            classifier.input_size,
            name=f"{classifier.name}, smoothed",
            preprocessing=without_normalisation(classifier.preprocessing),
            execution=classifier.execution,
            passes=draws * classifier.passes,
        )


class _Smoothed(nn.Module):
    """Shares of the classes over noisy copies: of votes, or of probability."""

    def __init__(self, inner: Classifier, sigma: float, draws: int, *, hard: bool) -> None:
        super().__init__()
        self.inner, self.sigma, self.draws, self.hard = inner, sigma, draws, hard

    def extra_repr(self) -> str:
        return f"sigma={self.sigma!r}, draws={self.draws}, hard={self.hard}, mean={self.inner.preprocessing.mean}"

    def forward(self, x: Tensor) -> Tensor:
        noise = fresh(x).repeated(self.draws).normal(x.shape[1:])
        logits = self.inner(x.repeat_interleave(self.draws, 0) + self.sigma * noise.to(x))
        logits = logits.reshape(len(x), self.draws, -1)
        if self.hard:
            votes = nn.functional.one_hot(logits.argmax(2), logits.shape[2]).sum(1)
            # Half a vote more for each class: there is no logarithm of none.
            shares: Tensor = (votes + 0.5) / (self.draws + 0.5 * logits.shape[2])
            return shares.log().to(x.dtype)
        summed: Tensor = logits.log_softmax(2).logsumexp(1)
        return summed - math.log(self.draws)
