"""Random noise before every answer."""

from typing import ClassVar

from torch import Tensor

from advlab.core.attack import Widget, param
from advlab.core.randomness import Noise
from advlab.core.transformation import RandomTransformation
from advlab.defenses import register


@register
class RandomNoise(RandomTransformation):
    """Gaussian noise, drawn anew for every answer, and most of several answers is the verdict.

    Reference: Cohen, Rosenfeld, Kolter: Certified adversarial robustness via randomized smoothing, ICML 2019,
    arXiv 1902.02918, is the version of it that proves something; this one is what it grew out of: Liu, Cheng,
    Zhang, Hsieh: Towards robust neural networks via random self-ensemble, ECCV 2018, arXiv 1712.00673.
    """

    name: ClassVar[str] = "noise"
    title: ClassVar[str] = "Random noise"

    sigma: float = param(
        0.05, "Noise", "Standard deviation, for pixels in [0, 1].", gt=0, le=2, widget=Widget(0.01, 0.5, 0.01)
    )

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """With noise; not clipped, as the networks that are trained for it expect."""
        return x + self.sigma * noise.normal(x.shape[1:]).to(x)
