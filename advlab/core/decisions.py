"""What attacks that see labels only share: a point beyond the goal for each image, which they bring nearer."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from advlab.core.attack import Access, Objective, State, StepwiseAttack


@dataclass(frozen=True)
class DecisionState(State):
    """A point beyond the goal."""

    x: Tensor  # [n, C, H, W]
    lost: Tensor  # [n], no beginning was found


class DecisionAttack(StepwiseAttack):
    """One that looks for the smallest change from labels alone, and walks from `start` if it is given one.

    Where a target is given without a picture of it, one is drawn; see `advlab.core.starts`.
    """

    access: ClassVar[Access] = Access.LABEL
    objective: ClassVar[Objective] = Objective.MINIMAL
    needs_start: ClassVar[bool] = True
