"""The classes that an untargeted attack looks at, one by one."""

import torch
from torch import Tensor

from advlab.core.oracle import ScoreOracle


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
