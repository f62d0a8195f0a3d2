"""TRADES: accuracy and robustness as two terms, with a weight between them."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from advlab.training import adversary
from advlab.training.method import Batch, Method, Outcome, Select, register


@register
class Trades(Method):
    """Cross-entropy on clean images, plus β times how far an attack moves the answer.

    Reference: Zhang, Yu, Jiao, Xing, El Ghaoui, Jordan: Theoretically principled trade-off between robustness
    and accuracy, ICML 2019, arXiv 1901.08573. Departure: the attack's steps go through batch normalisation in
    the mode of training, as the two terms do.
    """

    name: ClassVar[str] = "trades"
    title: ClassVar[str] = "TRADES"
    select: ClassVar[Select] = Select.ROBUST

    beta: float = Field(6.0, ge=0, description="Weight of the robust term.")
    steps: int = Field(10, ge=1)
    step_size: float = Field(0.25, gt=0, description="In units of ε.")

    def loss(self, batch: Batch) -> Outcome:
        """Cross-entropy and β KL(clean answer ‖ answer to the attacked image)."""
        with torch.no_grad(), adversary.frozen_statistics(batch.module):
            answer = batch.net(batch.x).log_softmax(1)
        noise = torch.randn(batch.x.shape, generator=batch.generator, device=batch.x.device)
        x = adversary.ascend(
            batch,
            batch.x + 0.001 * noise,
            lambda logits: _divergence(logits, answer, "sum"),
            eps=batch.eps,
            steps=self.steps,
            step_size=self.step_size * batch.eps,
        )
        clean, attacked = batch.net(batch.x), batch.net(x)
        robust = _divergence(attacked, clean.log_softmax(1), "batchmean")
        return Outcome(F.cross_entropy(clean, batch.y) + self.beta * robust, attacked)


def _divergence(logits: Tensor, answer: Tensor, reduction: str) -> Tensor:
    """KL from the clean answer (log-probabilities) to the answer of these logits."""
    return F.kl_div(logits.log_softmax(1), answer, reduction=reduction, log_target=True)
