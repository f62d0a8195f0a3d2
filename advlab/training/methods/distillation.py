"""Defensive distillation: a student of soft labels, both trained hot and used cold."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field

from advlab.training.method import Batch, Method, Outcome, register


class _Teacher(Method):
    """Cross-entropy at a temperature: the first half of the distillation."""

    name: ClassVar[str] = "teacher"
    title: ClassVar[str] = "Teacher"

    temperature: float

    def loss(self, batch: Batch) -> Outcome:
        """Cross-entropy of the softened logits."""
        logits = batch.net(batch.x)
        return Outcome(F.cross_entropy(logits / self.temperature, batch.y), logits)


@register
class Distillation(Method):
    """A teacher is trained at temperature T; a student of the same kind learns its softened answers at T.

    At test time the temperature is 1, so the student's logits are about T times too large and the gradient of
    its cross-entropy vanishes in float32: it looks robust to attacks that follow that gradient.

    Reference: Papernot, McDaniel, Wu, Jha, Swami: Distillation as a defense to adversarial perturbations
    against deep neural networks, IEEE S&P 2016, arXiv 1511.04508. Broken by Carlini and Wagner: Towards
    evaluating the robustness of neural networks, IEEE S&P 2017, arXiv 1608.04644.
    """

    name: ClassVar[str] = "distillation"
    title: ClassVar[str] = "Defensive distillation"

    temperature: float = Field(20.0, gt=0)

    def before(self) -> Method:
        """The teacher."""
        return _Teacher(temperature=self.temperature)

    def loss(self, batch: Batch) -> Outcome:
        """Cross-entropy to the teacher's softened answers, softened alike."""
        if batch.teacher is None:
            raise RuntimeError("Distillation needs the teacher that `before` describes.")
        with torch.no_grad():
            soft = (batch.teacher(batch.x) / self.temperature).softmax(1)
        logits = batch.net(batch.x)
        return Outcome(F.cross_entropy(logits / self.temperature, soft), logits)
