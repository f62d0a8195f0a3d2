"""What attacks climb: one number a query, larger is better for the attacker.

All of them are sums over nothing: the loss of an image does not depend on its batch-mates.
"""

from collections.abc import Callable
from enum import StrEnum

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core.goals import Goal
from advlab.errors import ParameterError

Loss = Callable[[Tensor, Goal], Tensor]
# Of logits [Q, K], acceptance [Q] and goal, for models with a detector.
JointLoss = Callable[[Tensor, Tensor, Goal], Tensor]
# Of images [Q, C, H, W], their logits [Q, K] and goal: what is climbed besides the attack's own loss, [Q].
Term = Callable[[Tensor, Tensor, Goal], Tensor]

_SURE = -60.0


def cross_entropy(logits: Tensor, goal: Goal) -> Tensor:
    """Cross-entropy `[Q]` to the class to leave, or its negative to the class to reach.

    Written as log(1 + exp(others - own)): the gradient of log p loses the class's own part in float32
    as soon as p rounds to one (a lead of 17), and points astray in networks that are sure.
    """
    behind = _others_lead(logits, goal)
    # Below this the loss is zero to any precision, but its slope still has a direction.
    behind = behind + (_SURE - behind.detach()).clamp_min(0)
    loss = F.softplus(behind)
    return -loss if goal.targeted else loss


def log_odds(logits: Tensor, goal: Goal) -> Tensor:
    """Logarithm `[Q]` of the odds that it is not the class to leave, or that it is the class to reach.

    It ranks images as the class's probability does, and does not round to nothing where the network is sure.
    """
    lead = _others_lead(logits, goal)
    return -lead if goal.targeted else lead


def _others_lead(logits: Tensor, goal: Goal) -> Tensor:
    """How far all other classes together are before the goal's `[Q]`, in logits."""
    chosen = goal.index.unsqueeze(1)
    others = logits.scatter(1, chosen, -torch.inf).logsumexp(1)
    return others - logits.gather(1, chosen).squeeze(1)


def textbook_cross_entropy(logits: Tensor, goal: Goal) -> Tensor:
    """Cross-entropy `[Q]` as most libraries compute it: its gradient is zero where the network is sure enough."""
    loss = F.cross_entropy(logits, goal.index, reduction="none")
    return -loss if goal.targeted else loss


def margin(logits: Tensor, goal: Goal) -> Tensor:
    """The goal's margin `[Q]`: invariant to a shift of all logits."""
    return goal.margin(logits)


def dlr(logits: Tensor, goal: Goal) -> Tensor:
    """Difference of logits ratio `[Q]`: the margin over the gap from the first to the third logit.

    Neither a shift nor a scale of the logits matters. With a target the gap is from the first to the mean of the
    third and the fourth. With fewer classes than that it is from the first to the last; two of them leave nothing to
    compare with, and it is the margin.

    Reference: Croce, Hein: Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
    attacks, ICML 2020, arXiv 2003.01690, equations 6 and 7.
    """
    return dlr_between(logits, goal.margin(logits), targeted=goal.targeted)


def dlr_between(logits: Tensor, lead: Tensor, *, targeted: bool) -> Tensor:
    """`lead` `[Q]`, a difference of two logits, over the gap that `dlr` divides by."""
    classes = logits.shape[1]
    if classes < 3:
        return lead
    top = logits.topk(min(4, classes), dim=1).values
    last = top[:, 2:].mean(1) if targeted else top[:, 2]
    return lead / (top[:, 0] - last + 1e-12)


def with_term(value: Tensor, term: Term | None, images: Tensor, logits: Tensor, goal: Goal) -> Tensor:
    """`value` `[Q]` and an extra term of the same images, if there is one.

    Raises:
        ParameterError: the term is not one number an image.
    """
    if term is None:
        return value
    more = term(images, logits, goal)
    if not isinstance(more, Tensor) or more.shape != value.shape:
        shape = tuple(more.shape) if isinstance(more, Tensor) else type(more).__name__
        raise ParameterError(f"An extra loss is one number an image, of shape ({len(value)},), not {shape}.")
    return value + more


class Climb(StrEnum):
    """The losses that an attack lets one choose from."""

    CROSS_ENTROPY = "cross_entropy"
    MARGIN = "margin"
    DLR = "dlr"
    # Not for use: to see what gradient masking does to it.
    TEXTBOOK = "textbook"

    @property
    def function(self) -> Loss:
        """The loss itself."""
        return {
            Climb.CROSS_ENTROPY: cross_entropy, Climb.MARGIN: margin, Climb.DLR: dlr,
            Climb.TEXTBOOK: textbook_cross_entropy,
        }[self]  # fmt: skip
