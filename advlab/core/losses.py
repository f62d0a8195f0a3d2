"""What attacks climb: one number a query, larger is better for the attacker.

All of them are sums over nothing: the loss of an image does not depend on its batch-mates.
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from advlab.core.goals import Goal

Loss = Callable[[Tensor, Goal], Tensor]


def cross_entropy(logits: Tensor, goal: Goal) -> Tensor:
    """Cross-entropy `[Q]` to the class to leave, or its negative to the class to reach."""
    loss = F.cross_entropy(logits, goal.index, reduction="none")
    return -loss if goal.targeted else loss


def margin(logits: Tensor, goal: Goal) -> Tensor:
    """The goal's margin `[Q]`: invariant to a shift of all logits."""
    return goal.margin(logits)
