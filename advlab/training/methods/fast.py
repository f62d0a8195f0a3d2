"""Fast adversarial training: one signed step from a random point."""

from collections.abc import Sequence
from typing import ClassVar

import torch.nn.functional as F
from pydantic import Field

from advlab.training import adversary
from advlab.training.method import Batch, Epoch, Method, Outcome, Select, register


@register
class Fast(Method):
    """FGSM with a random start, at the price of two ordinary trainings.

    Reference: Wong, Rice, Kolter: Fast is better than free: revisiting adversarial training, ICLR 2020,
    arXiv 2001.03994. It can fail within an epoch: the network learns to resist the single step and nothing
    else ("catastrophic overfitting"), which the alarm looks for; without the random start it always does (`fgsm`).
    """

    name: ClassVar[str] = "fast"
    title: ClassVar[str] = "Fast adversarial training (FGSM with a random start)"
    select: ClassVar[Select] = Select.ROBUST

    step_size: float = Field(1.25, gt=0, description="In units of ε.")

    def loss(self, batch: Batch) -> Outcome:
        """Cross-entropy on the images after the one step."""
        x = adversary.ascend(
            batch,
            adversary.uniform_start(batch, batch.eps),
            lambda logits: F.cross_entropy(logits, batch.y, reduction="sum"),
            eps=batch.eps,
            steps=1,
            step_size=self.step_size * batch.eps,
        )
        logits = batch.net(x)
        return Outcome(F.cross_entropy(logits, batch.y), logits)

    def alarm(self, epochs: Sequence[Epoch]) -> str | None:
        """Robust to its own step, no longer to PGD."""
        last = epochs[-1]
        best = max(epoch.robust for epoch in epochs)
        if last.robust > 0.6 * best or last.seen - last.robust < 0.25:
            return None
        return (
            f"Catastrophic overfitting in epoch {last.epoch}: {last.seen:.0%} of the images withstand the single step "
            f"that it trains on and {last.robust:.0%} withstand PGD, which was {best:.0%} before. The best weights so "
            "far are kept. Choose a smaller step_size, a smaller ε, fewer epochs, or the method “pgd”."
        )
