"""What an attack wants: away from a class, or to a class. `margin > 0` is success, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import torch
from torch import Tensor

from advlab.errors import ParameterError

Classes = int | Sequence[int] | Tensor


@dataclass(frozen=True)
class Goal:
    """One class index for each image: the class to leave, or the class to reach.

    A bound goal has `classes` as an int64 tensor `[N]`; see `bind`.
    """

    classes: Classes | None = None
    targeted: ClassVar[bool] = False

    def bind(self, count: int, num_classes: int, default: Tensor) -> Self:
        """The goal of a batch of `count` images; `default` `[N]` fills in for no classes."""
        chosen = default if self.classes is None else torch.as_tensor(self.classes)
        chosen = chosen.to(default.device, torch.int64)
        if chosen.dim() == 0:
            chosen = chosen.expand(count)
        if chosen.shape != (count,):
            raise ParameterError(
                f"Give one class for all images or one for each: there are {count} images and "
                f"the classes have shape {tuple(chosen.shape)}."
            )
        if bool(((chosen < 0) | (chosen >= num_classes)).any()):
            raise ParameterError(
                f"The model knows classes 0 to {num_classes - 1}; {chosen.tolist()[:5]} is not among them."
            )
        return replace(self, classes=chosen.clone())

    @property
    def index(self) -> Tensor:
        """The classes `[N]` of a bound goal."""
        if not isinstance(self.classes, Tensor):
            raise TypeError("This goal is not bound to a batch yet.")
        return self.classes

    def take(self, rows: Tensor | slice) -> Self:
        """The goal of some rows (an index, a mask or a slice)."""
        return replace(self, classes=self.index[rows])

    def margin(self, logits: Tensor) -> Tensor:
        """How far each of `[N, K]` logits is beyond the goal, `[N]`; NaN counts as minus infinity."""
        chosen = self.index.unsqueeze(1)
        own = logits.gather(1, chosen).squeeze(1)
        other = logits.scatter(1, chosen, -torch.inf).amax(1)
        margin = own - other if self.targeted else other - own
        return margin.nan_to_num(-torch.inf, torch.inf, -torch.inf)


class Untargeted(Goal):
    """Any class but this one. Without classes: any but the model's own answer to the clean image."""


class Targeted(Goal):
    """Exactly this class."""

    targeted: ClassVar[bool] = True

    def __init__(self, classes: Classes) -> None:
        super().__init__(classes)


@dataclass(frozen=True)
class Aimed(Goal):
    """Towards one class and away from another: what an attack climbs, never what it is judged by.

    `classes` are those to reach, `own` `[N]` those to leave; other classes do not matter.
    """

    own: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    targeted: ClassVar[bool] = True

    def take(self, rows: Tensor | slice) -> Self:
        """The goal of some rows (an index, a mask or a slice)."""
        return replace(self, classes=self.index[rows], own=self.own[rows])

    def margin(self, logits: Tensor) -> Tensor:
        """How far the one class is ahead of the other `[N]`; NaN counts as minus infinity."""
        ahead, behind = (logits.gather(1, k.unsqueeze(1)).squeeze(1) for k in (self.index, self.own))
        margin = ahead - behind
        return torch.where(margin.isnan(), -torch.inf, margin)


@dataclass(frozen=True)
class Along(Untargeted):
    """Along a direction in the space of logits, wherever it leads: what an attack climbs to begin somewhere else.

    `weights` `[N, K]` say how much each logit counts.
    """

    weights: Tensor = field(default_factory=lambda: torch.empty(0, 0))

    def take(self, rows: Tensor | slice) -> Self:
        """The goal of some rows (an index, a mask or a slice)."""
        return replace(self, classes=self.index[rows], weights=self.weights[rows])

    def margin(self, logits: Tensor) -> Tensor:
        """How far `[N]` the logits are in this direction."""
        return (self.weights * logits).sum(1)
