"""Training under Gaussian noise: the base of randomized smoothing."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field

from advlab.training.method import Batch, Method, Outcome, Select, register


@register
class Noise(Method):
    """Cross-entropy on images with fresh Gaussian noise, which is not clipped.

    Reference: Cohen, Rosenfeld, Kolter: Certified adversarial robustness via randomized smoothing, ICML 2019,
    arXiv 1902.02918. The last weights are kept: accuracy on clean images says little about those on noise.
    """

    name: ClassVar[str] = "noise"
    title: ClassVar[str] = "Training under Gaussian noise"
    select: ClassVar[Select] = Select.LAST

    sigma: float = Field(0.25, gt=0, description="Standard deviation, for images in [0, 1].")

    def loss(self, batch: Batch) -> Outcome:
        """Cross-entropy on noisy images."""
        noise = torch.randn(batch.x.shape, generator=batch.generator, device=batch.x.device)
        logits = batch.net(batch.x + self.sigma * noise)
        return Outcome(F.cross_entropy(logits, batch.y), logits)
