"""What attacks that look for the smallest change share: a number of steps, and a last one that goes to the boundary."""

from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from advlab.core import steepest_first
from advlab.core.attack import Access, Objective, State, StepwiseAttack
from advlab.core.boundary import shrink
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle, Oracle
from advlab.core.replies import GradientReply

# Halvings of the way from the clean image to what was found, in the last step.
CLOSING_QUERIES = 14
# The norms in which the line is not all that there is to search.
_SPARSE = (Norm.L0, Norm.L1)


class MinimalAttack(StepwiseAttack):
    """One that takes `steps` steps, with `queries_a_step` and `gradients_a_step` each, and then closes in.

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
    def all_steps(self) -> int:
        """How many steps there are before the last one."""
        return self.steps

    @property
    def queries_besides(self) -> int:
        """The most queries that belong to no step."""
        return 0

    def close(self, o: Any, rows: Tensor) -> None:  # noqa: ANN401
        """Ask for smaller images than the best ones of `rows` `[r]`, at most `closing_queries` each."""
        shrink(o, rows, CLOSING_QUERIES)
        if o.norm in _SPARSE and isinstance(o, GradientOracle):
            steepest_first.prune(o, rows)

    @property
    def closing_queries(self) -> int:
        """The most queries of the last step, in whichever norm."""
        return CLOSING_QUERIES + steepest_first.QUERIES * self.closing_gradients

    @property
    def closing_gradients(self) -> int:
        """The most gradients of the last step, in whichever norm."""
        return steepest_first.GRADIENTS * (
            self.access is Access.GRADIENT and any(norm in _SPARSE for norm in self.norms)
        )

    def finish(self, s: State, over: Tensor) -> Tensor:
        """What `step` `[n]` is to be where rows are `over` before their time."""
        return torch.where(over, self.all_steps, s.step)

    def step(self, o: Oracle, s: Any) -> Any:  # noqa: ANN401
        """A step, or for rows that have done all of them the search on the line to the clean image."""
        closing = s.step >= self.all_steps
        if not bool(closing.any()):
            return self.move(o, s)
        self.close(o, closing.nonzero().squeeze(1))
        return replace(s, step=s.step + closing)

    def done(self, s: State) -> Tensor:
        """Which have closed in."""
        return s.step > self.all_steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        """All steps and the closing one."""
        queries = self.all_steps * self.queries_a_step + self.queries_besides + self.closing_queries
        gradients = self.all_steps * self.gradients_a_step + self.closing_gradients
        return min(queries, budget or queries), min(gradients, (budget or queries) * self.gradients_a_step)


def reached(o: Oracle, reply: GradientReply) -> Tensor:
    """Which of one query an image `[n]` were at the goal; what a detector rejected was not."""
    return (o.goal.margin(reply.logits) > 0) & (reply.accepted > 0).all(1)
