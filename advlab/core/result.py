"""What a run gives back, one row an image."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from advlab.core.film import Film
from advlab.core.goals import Goal
from advlab.core.norms import Norm


@dataclass
class Trace:
    """What happened after each step of the driver: column tensors `[T, N]`, for charts and players.

    Attacks that ask questions before their first step have an entry for those, too.

    A row that has left the search keeps its last values. `own` and `rival` are the probabilities
    of the goal's class and of the strongest other class at the step's best query; NaN where the
    attacker did not see scores. `margin` is that query's margin, `size` the size of the best
    perturbation so far in the run's norm (infinite before there is one).
    """

    queries: list[Tensor] = field(default_factory=list)
    gradients: list[Tensor] = field(default_factory=list)
    margin: list[Tensor] = field(default_factory=list)
    own: list[Tensor] = field(default_factory=list)
    rival: list[Tensor] = field(default_factory=list)
    size: list[Tensor] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.queries)

    def column(self, name: str) -> Tensor:
        """One quantity over all steps, `[T, N]`."""
        values: list[Tensor] = getattr(self, name)
        return torch.stack(values) if values else torch.empty(0, 0)


@dataclass(frozen=True)
class AttackResult:
    """The outcome of a run over `N` images.

    Attributes:
        adversarial: `[N, C, H, W]`; for a failed image the best effort.
        success: the verdict `[N]`: margin > 0 in float32 on `adversarial`, inside the threat model's
            set. True for images that were already beyond the goal, see `already`.
        already: images `[N]` whose clean picture is beyond the goal: wrong before the attack, or at
            the target. They are left alone and cost no query.
        label_before, label_after: the model's answers `[N]` to the clean and the returned image.
        confidence_before, confidence_after: their softmax probabilities `[N]`, not calibrated.
        margin_before, margin_after: the goal's margins `[N]`.
        norms: size of `adversarial - clean` in "linf", "l2", "l1", "l0", each `[N]`.
        distance: size in the run's norm `[N]`; infinite where a minimal-norm attack failed.
        queries, gradients: the attacker's forward and backward passes `[N]`.
        verifications: forward passes `[N]` that were not the attacker's: the clean image, the
            confirmations, and the making of a starting picture.
        zero_gradients: how many of the gradients `[N]` were exactly zero or not finite.
        trace: the run step by step.
        film: the first image at some of these steps, if `frames` asked for them.
        stopped: whether somebody stopped the run.
        goal, norm, eps: the threat model; `eps` is `[N]`, or None for a search without a radius.
        seconds: wall time.
        notes: why the verdict may be wrong, a sentence each, from attacks that look for signs of it.
    """

    adversarial: Tensor
    success: Tensor
    already: Tensor
    label_before: Tensor
    label_after: Tensor
    confidence_before: Tensor
    confidence_after: Tensor
    margin_before: Tensor
    margin_after: Tensor
    norms: dict[str, Tensor]
    distance: Tensor
    queries: Tensor
    gradients: Tensor
    verifications: Tensor
    zero_gradients: Tensor
    trace: Trace
    stopped: bool
    goal: Goal
    norm: Norm
    eps: Tensor | None
    seconds: float
    film: Film | None = None
    notes: tuple[str, ...] = ()
