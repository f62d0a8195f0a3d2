"""PGD adversarial training: every batch is attacked first, then learned."""

from typing import ClassVar

import torch.nn.functional as F
from pydantic import Field

from advlab.training import adversary
from advlab.training.method import Batch, Method, Outcome, Select, register


@register
class PGDTraining(Method):
    """The saddle point of robust optimisation, its inner maximum found by projected gradient descent.

    Reference: Madry, Makelov, Schmidt, Tsipras, Vladu: Towards deep learning models resistant to adversarial
    attacks, ICLR 2018, arXiv 1706.06083. Departures: fewer steps than theirs where a recipe says so; a radius
    that may grow in the first part of the training, without which small networks without normalisation do not
    leave their start at ε = 0.3; and one that may end below the ε that the network is judged at.
    """

    name: ClassVar[str] = "pgd"
    title: ClassVar[str] = "PGD adversarial training"
    select: ClassVar[Select] = Select.ROBUST

    steps: int = Field(7, ge=1)
    step_size: float = Field(0.25, gt=0, description="In units of the radius.")
    radius: float = Field(1.0, gt=0, le=2, description="In units of ε; a smaller one gives accuracy for robustness.")
    ramp: float = Field(0.0, ge=0, lt=1, description="The share of the training in which the radius grows to its size.")

    def loss(self, batch: Batch) -> Outcome:
        """Cross-entropy on the attacked images."""
        eps = self.radius * batch.eps * min(1.0, batch.done / self.ramp if self.ramp else 1.0)
        x = adversary.ascend(
            batch,
            adversary.uniform_start(batch, eps),
            lambda logits: F.cross_entropy(logits, batch.y, reduction="sum"),
            eps=eps,
            steps=self.steps,
            step_size=self.step_size * eps,
        )
        logits = batch.net(x)
        return Outcome(F.cross_entropy(logits, batch.y), logits)
