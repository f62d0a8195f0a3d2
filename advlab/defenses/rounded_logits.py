"""Logits in steps: a staircase has no slope."""

from typing import ClassVar

import torch
from torch import Tensor

from advlab.core.attack import Widget, param
from advlab.core.masking import Masking
from advlab.defenses import register


@register
class RoundedLogits(Masking):
    """Each logit rounded down to a multiple of a step, in a layer that cannot be differentiated.

    The largest one is raised by half a step, so that the answer stays what it was.

    Reference: the shattered gradients of Athalye, Carlini, Wagner: Obfuscated gradients give a false sense of
    security, ICML 2018, arXiv 1802.00420.
    """

    name: ClassVar[str] = "rounded_logits"
    title: ClassVar[str] = "A layer without a gradient"

    step: float = param(0.5, "Step", "Between two values of a logit.", gt=0, le=100, widget=Widget(0.05, 5, 0.05))

    def change(self, logits: Tensor) -> Tensor:
        """Rounded down; the largest a half step higher."""
        down = torch.floor(logits / self.step) * self.step
        top = torch.nn.functional.one_hot(logits.argmax(1), logits.shape[1])
        return down + 0.5 * self.step * top
