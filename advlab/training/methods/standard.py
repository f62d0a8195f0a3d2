"""Training as usual: on the images as they are."""

from typing import ClassVar

import torch.nn.functional as F
from pydantic import Field

from advlab.training.method import Batch, Method, Outcome, register


@register
class Standard(Method):
    """Cross-entropy on clean images: the undefended network that others are compared with."""

    name: ClassVar[str] = "standard"
    title: ClassVar[str] = "Standard training"

    label_smoothing: float = Field(0.0, ge=0, lt=1)

    def loss(self, batch: Batch) -> Outcome:
        """Cross-entropy."""
        logits = batch.net(batch.x)
        return Outcome(F.cross_entropy(logits, batch.y, label_smoothing=self.label_smoothing), logits)
