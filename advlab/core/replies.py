"""What an oracle hands out, and the books that it keeps."""

from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core.goals import Goal


@dataclass
class Ledger:
    """Passes through the model for each image `[N]`: the attacker's, and the verifier's."""

    queries: Tensor
    gradients: Tensor
    verifications: Tensor
    zero_gradients: Tensor

    @classmethod
    def empty(cls, count: int, device: torch.device) -> "Ledger":
        """Nothing asked yet."""
        return cls(*(torch.zeros(count, dtype=torch.int64, device=device) for _ in range(4)))


@dataclass
class Best:
    """The best candidate for each image `[N]`, by what the oracle revealed."""

    image: Tensor
    rank: Tensor  # larger is better; above zero: the goal was reached
    size: Tensor  # in the run's norm; infinite before there is a candidate that reached the goal
    fresh: Tensor  # reached the goal, and not judged by the verifier yet


@dataclass
class Latest:
    """What the last scores said about each image `[N]`, for the trace."""

    margin: Tensor
    own: Tensor
    rival: Tensor
    image: Tensor | None = None  # the image that they are about; kept for a film only

    def note(self, x: Tensor, images: Tensor, margin: Tensor, logits: Tensor, goal: Goal) -> None:
        """What was said about queries `x` `[Q, C, H, W]`, for these images `[Q]`."""
        probability = logits.softmax(1)
        self.own[images] = probability.gather(1, goal.index.unsqueeze(1)).squeeze(1)
        self.rival[images] = probability.scatter(1, goal.index.unsqueeze(1), 0).amax(1)
        self.margin[images] = margin
        if self.image is not None:
            self.image[images] = x


@dataclass(frozen=True)
class Reply:
    """What was revealed about `Q` queries; where `granted` is false the budget was used up."""

    logits: Tensor  # [Q, K], NaN where not granted
    granted: Tensor  # [Q]


@dataclass(frozen=True)
class Decision:
    """What a label says about `Q` queries."""

    reached: Tensor  # [Q], false where not granted
    granted: Tensor  # [Q]


@dataclass(frozen=True)
class GradientReply:
    """Value, gradient and logits of one forward pass for each of `Q` queries."""

    value: Tensor  # [Q], NaN where not granted
    gradient: Tensor  # [Q, C, H, W], zero where not granted
    logits: Tensor  # [Q, K]
    granted: Tensor  # [Q]
    accepted: Tensor  # [Q, 1] of a model with a detector: above zero, accepted; else [Q, 0]


@dataclass(frozen=True)
class JacobianReply:
    """The gradients of several logits of one forward pass for each of `Q` queries."""

    gradients: Tensor  # [Q, k, C, H, W], zero where not granted
    logits: Tensor  # [Q, K], NaN where not granted
    granted: Tensor  # [Q]
