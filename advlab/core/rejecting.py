"""Classifiers that may refuse to answer: a class, and whether it is given out."""

import contextlib
import copy

import torch
from torch import Tensor, nn

from advlab.core.classifier import Classifier, Execution, without_normalisation
from advlab.core.goals import Goal


class Rejecting(Classifier):
    """A classifier with a detector: who is not accepted gets no answer.

    `forward` and `search` give the classifier's logits, as if nothing were ever rejected, so that whatever takes
    a classifier takes this one. Oracles and verifier go by `judged`.

    Args:
        inner: the classifier that is guarded.
        module: from images `[N, C, H, W]` to logits `[N, K]` and acceptance `[N]`: above zero, accepted.
        name: what people call it.
        passes: through the network, for one answer.
    """

    def __init__(self, inner: Classifier, module: nn.Module, *, name: str, passes: int = 1) -> None:
        super().__init__(
            module,
            inner.labels,
            inner.input_size,
            name=name,
            preprocessing=without_normalisation(inner.preprocessing),
            execution=inner.execution,
            votes=inner.votes,
            passes=passes,
        )

    def with_execution(self, execution: Execution) -> "Rejecting":
        """The same model, computed in another way."""
        other = copy.copy(self)
        other.execution = execution
        return other

    def judged(self, x: Tensor, *, search: bool = False) -> tuple[Tensor, Tensor]:
        """Logits `[N, K]` and acceptance `[N]`; of the search in the execution's precision."""
        fast = search and self.execution.precision == "bf16"
        with torch.autocast(self._device.type, torch.bfloat16) if fast else contextlib.nullcontext():
            logits, acceptance = self.module(x.to(self._device, self._dtype))
        return logits.to(self._dtype), acceptance.to(self._dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Logits `[N, K]`, whether they would be given out or not."""
        return self.judged(x)[0]

    def search(self, x: Tensor) -> Tensor:
        """As `forward`, in the execution's precision."""
        return self.judged(x, search=True)[0]


def answers(classifier: Classifier, x: Tensor, *, search: bool) -> Tensor:
    """All that a model says: logits `[N, K]`, with the acceptance as one more column where it may reject."""
    if isinstance(classifier, Rejecting):
        logits, acceptance = classifier.judged(x, search=search)
        return torch.cat((logits, acceptance.unsqueeze(1)), 1)
    return classifier.search(x) if search else classifier(x)


def margin(goal: Goal, said: Tensor, classes: int) -> Tensor:
    """How far `answers` `[N, K]` or `[N, K + 1]` are beyond the goal `[N]`: who is rejected has not reached it."""
    reached = goal.margin(said[:, :classes])
    if said.shape[1] == classes:
        return reached
    accepted = said[:, classes]
    return torch.minimum(reached, torch.where(accepted.isnan(), -torch.inf, accepted))
