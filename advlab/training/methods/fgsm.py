"""Adversarial training with FGSM alone: it learns to hide the gradient."""

from typing import ClassVar

import torch.nn.functional as F
from pydantic import Field

from advlab.training import adversary
from advlab.training.method import Batch, Method, Outcome, Select, register


@register
class FGSMTraining(Method):
    """One signed step from the picture itself: what fast training is without its random start. It is here to fail.

    The network bends its loss so that this one step leads nowhere, and resists nothing else: “catastrophic
    overfitting” in Wong, Rice, Kolter: Fast is better than free: revisiting adversarial training, ICLR 2020,
    arXiv 2001.03994, whose ablation it is. The last weights are kept, since the best ones would hide it.
    """

    name: ClassVar[str] = "fgsm"
    title: ClassVar[str] = "Adversarial training with FGSM, without a random start"
    select: ClassVar[Select] = Select.LAST

    step_size: float = Field(1.0, gt=0, description="In units of ε.")

    def loss(self, batch: Batch) -> Outcome:
        """Cross-entropy on the images after the one step."""
        x = adversary.ascend(
            batch,
            batch.x,
            lambda logits: F.cross_entropy(logits, batch.y, reduction="sum"),
            eps=batch.eps,
            steps=1,
            step_size=self.step_size * batch.eps,
        )
        logits = batch.net(x)
        return Outcome(F.cross_entropy(logits, batch.y), logits)
