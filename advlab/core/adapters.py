"""Classifiers made of a classifier, for attackers who know what stands in front of it.

They are classifiers like any other, so every attack that sees gradients takes them, and they can be put around each
other. The verdict belongs to what is really deployed: give that to `advlab.attack` as `judge`. A third adapter, an
extra term of the loss, is `advlab.attack(..., extra_loss=...)`.

    known = adapters.bpda(classifier, lambda x: (x * 7).round() / 7)
    r = advlab.attack(known, x, "pgd", eps=8 / 255)

Reference: Athalye, Carlini, Wagner: Obfuscated gradients give a false sense of security, ICML 2018, arXiv 1802.00420.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.randomness import Noise
from advlab.core.transformation import Stage, behind
from advlab.errors import ParameterError


@dataclass(frozen=True)
class _Given:
    """A transformation that is made of functions; its text has their addresses, so each has a digest of its own."""

    name: str
    forward: Callable[[Tensor, Noise], Tensor]
    backward: Callable[[Tensor, Noise], Tensor]

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        return self.forward(x, noise)

    def smooth(self, x: Tensor, noise: Noise) -> Tensor:
        return self.backward(x, noise)


def eot(classifier: Classifier, transform: Callable[[Tensor, Noise], Tensor], samples: int = 20) -> Classifier:
    """The classifier behind a random transformation, which answers with the mean of its logits over several draws.

    Args:
        classifier: what stands behind it.
        transform: from images `[N, C, H, W]` in [0, 1] to others of the same shape, differentiably. What it draws it
            draws from the noise that it is given, which has one stream an image: `noise.uniform((C, H, W))`,
            `noise.normal((1,))`. So the same run draws the same, in whatever batch an image is.
        samples: draws, each a pass through the network. With 1 it is the deployed one, whose verdicts go by votes.

    Raises:
        ParameterError: there is nothing to average.
    """
    if samples < 1:
        raise ParameterError(f"samples is at least 1, not {samples}.")
    stage = Stage(_Given("a random transformation", transform, transform), straight=False)
    return behind(classifier, stage, stage.transformation.name, random=True, samples=samples)


def bpda(
    classifier: Classifier, forward: Callable[[Tensor], Tensor], backward: Callable[[Tensor], Tensor] | None = None
) -> Classifier:
    """The classifier behind a change that has no gradient, with another one's gradient in its place.

    Args:
        classifier: what stands behind it.
        forward: from images `[N, C, H, W]` in [0, 1] to others of the same shape. Need not be differentiable.
        backward: a differentiable change that resembles it, whose gradient is taken in its place; none: the identity,
            which is good for whatever gives back nearly the picture that it was given.
    """

    def changed(x: Tensor, _: Noise) -> Tensor:
        return forward(x)

    def smooth(x: Tensor, _: Noise) -> Tensor:
        return x if backward is None else backward(x)

    stage = Stage(_Given("a change without a gradient", changed, smooth), straight=True)
    return behind(classifier, stage, stage.transformation.name, random=False)
