"""What attacks climb: one number a query, larger is better for the attacker.

All of them are sums over nothing: the loss of an image does not depend on its batch-mates.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core.goals import Goal

Loss = Callable[[Tensor, Goal], Tensor]
# Of logits [Q, K], acceptance [Q] and goal, for models with a detector.
JointLoss = Callable[[Tensor, Tensor, Goal], Tensor]

_SURE = -60.0


def cross_entropy(logits: Tensor, goal: Goal) -> Tensor:
    """Cross-entropy `[Q]` to the class to leave, or its negative to the class to reach.

    Written as log(1 + exp(others - own)): the gradient of log p loses the class's own part in float32
    as soon as p rounds to one (a lead of 17), and points astray in networks that are sure.
    """
    chosen = goal.index.unsqueeze(1)
    others = logits.scatter(1, chosen, -torch.inf).logsumexp(1)
    behind = others - logits.gather(1, chosen).squeeze(1)
    # Below this the loss is zero to any precision, but its slope still has a direction.
    behind = behind + (_SURE - behind.detach()).clamp_min(0)
    loss = F.softplus(behind)
    return -loss if goal.targeted else loss


def textbook_cross_entropy(logits: Tensor, goal: Goal) -> Tensor:
    """Cross-entropy `[Q]` as most libraries compute it: its gradient is zero where the network is sure enough."""
    loss = F.cross_entropy(logits, goal.index, reduction="none")
    return -loss if goal.targeted else loss


def margin(logits: Tensor, goal: Goal) -> Tensor:
    """The goal's margin `[Q]`: invariant to a shift of all logits."""
    return goal.margin(logits)
