"""The classes that an attack looks at one by one, and where the linearised network gives way to one of them."""

import torch
from torch import Tensor

from advlab.core import losses, planes
from advlab.core.oracle import GradientOracle, ScoreOracle


def likeliest(o: ScoreOracle, count: int) -> Tensor:
    """The `count` most likely classes `[n, k]` of the clean images but the one to leave, the likeliest first.

    It costs one query; there may be fewer.
    """
    logits = o.logits(o.x).logits.scatter(1, o.goal.index.unsqueeze(1), -torch.inf)
    return logits.topk(min(count, o.num_classes - 1), dim=1).indices


def among(o: ScoreOracle, count: int) -> Tensor:
    """As `likeliest`, in any order: where there are no more classes than that, at no query."""
    if o.num_classes - 1 > count:
        return likeliest(o, count)
    own = o.goal.index.unsqueeze(1)
    classes = torch.arange(o.num_classes - 1, device=own.device)
    return classes + (classes >= own)


def boundary(o: GradientOracle, x: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Slope `[n, C, H, W]` and gap `[n]` of the nearest boundary of the network linearised at `x`, as in `planes`.

    Of a goal with a target it is the target's to the strongest of the others; else the own class's to one of
    `classes` `[n, k]`. It costs one query, and as many gradients as there are boundaries.
    """
    if o.goal.targeted:
        reply = o.gradient(x, loss=losses.margin)
        return reply.gradient, -reply.value
    own = o.goal.index
    several = o.jacobian(x, classes, over=own)
    gaps = several.logits.gather(1, own.unsqueeze(1)) - several.logits.gather(1, classes)
    pick = planes.nearest(x, several.gradients, gaps, o.norm)
    row = torch.arange(len(pick), device=pick.device)
    return several.gradients[row, pick], gaps[row, pick]
