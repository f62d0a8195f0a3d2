"""What attacks that look for the smallest change share: a number of steps, and a last one that goes to the boundary."""

from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from advlab.core.attack import Attack, Objective, State
from advlab.core.boundary import shrink
from advlab.core.oracle import Oracle

# Halvings of the way from the clean image to what was found, in the last step.
CLOSING_QUERIES = 14


class MinimalAttack(Attack):
    """One that takes `moves` steps, with `queries_a_step` and `gradients_a_step` each, and then closes in.

    Images that have nothing left to search say so by `finish`, and close in before the others.
    """

    objective: ClassVar[Objective] = Objective.MINIMAL

    steps: int

    @abstractmethod
    def move(self, o: Any, s: Any) -> Any:  # noqa: ANN401 - each attack names its oracle and its state
        """One step for every row; it counts `step`."""

    @property
    def queries_a_step(self) -> int:
        """The most queries of one step."""
        return 1

    @property
    def gradients_a_step(self) -> int:
        """The most gradients of one step."""
        return 1

    @property
    def moves(self) -> int:
        """The most steps in all: more than `steps` where an attack begins anew."""
        return self.steps

    @property
    def queries_besides(self) -> int:
        """The most queries that belong to no step."""
        return 0

    def finish(self, s: State, over: Tensor) -> Tensor:
        """What `step` `[n]` is to be where rows are `over` before their time."""
        return torch.where(over, self.moves, s.step)

    def step(self, o: Oracle, s: Any) -> Any:  # noqa: ANN401
        """A step, or for rows that have done all of them the search on the line to the clean image."""
        closing = s.step >= self.moves
        if not bool(closing.any()):
            return self.move(o, s)
        shrink(o, closing.nonzero().squeeze(1), CLOSING_QUERIES)
        return replace(s, step=s.step + closing)

    def done(self, s: State) -> Tensor:
        """Which have closed in."""
        return s.step > self.moves

    def cost(self, budget: int | None) -> tuple[int, int]:
        """All steps and the closing one."""
        queries = self.moves * self.queries_a_step + self.queries_besides + CLOSING_QUERIES
        gradients = self.moves * self.gradients_a_step
        return min(queries, budget or queries), min(gradients, (budget or queries) * self.gradients_a_step)
