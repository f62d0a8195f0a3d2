"""What a training method is: frozen parameters, and the loss of one batch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor, nn

from advlab.core.registry import Registry
from advlab.errors import ParameterError

Forward = Callable[[Tensor], Tensor]


class Select(StrEnum):
    """Which epoch's weights are kept: the best on held-out images, by their kind of accuracy, or the last."""

    CLEAN = "clean"
    ROBUST = "robust"
    LAST = "last"


@dataclass(frozen=True)
class Batch:
    """What a method sees of one training step.

    Attributes:
        x: `[N, C, H, W]` float32 in [0, 1], augmented.
        y: `[N]` classes.
        net: logits `[N, K]` float32 of images in [0, 1], in the precision of the training.
        module: the network behind `net`, in training mode.
        eps: the radius in L∞, in [0, 1] units.
        done: the share of the training that is over, from 0 to 1.
        generator: for everything random, on the device of `x`.
        teacher: as `net`, of the network that was trained before (see `Method.before`).
    """

    x: Tensor
    y: Tensor
    net: Forward
    module: nn.Module
    eps: float
    done: float
    generator: torch.Generator
    teacher: Forward | None = None


@dataclass(frozen=True)
class Outcome:
    """The loss of a batch, a scalar, and the logits `[N, K]` of the images that it trains on."""

    loss: Tensor
    logits: Tensor


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to.

    `seen` is the accuracy on the training images as the method changed them; `clean` and `robust` are
    on held-out images, by the averaged weights, `robust` under PGD-10 at the recipe's ε.
    """

    epoch: int
    loss: float
    seen: float
    clean: float
    robust: float
    rate: float
    seconds: float


class Method(BaseModel, ABC):
    """A way of training. The loop does everything else: data, optimiser, averaging, checking, saving."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    title: ClassVar[str]
    select: ClassVar[Select] = Select.CLEAN

    @classmethod
    def configured(cls, parameters: dict[str, Any]) -> Self:
        """The method with these parameters.

        Raises:
            ParameterError: with the parameter's name and what is wrong with it.
        """
        try:
            return cls(**parameters)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(map(str, problem["loc"]))
            raise ParameterError(f"{cls.title}, {name}: {problem['msg']}; it was {problem['input']!r}.") from None

    @abstractmethod
    def loss(self, batch: Batch) -> Outcome:
        """The loss of one batch, differentiable in the network's weights."""

    def before(self) -> "Method | None":
        """How a teacher is trained first, by the same recipe; None: there is none."""
        return None

    def alarm(self, epochs: Sequence[Epoch]) -> str | None:  # noqa: ARG002 - for those that can fail in their own way
        """A sentence if the training has gone wrong beyond repair, after which it stops."""
        return None


registry: Registry[type[Method]] = Registry("advlab.training.methods", "training method")


def register(method: type[Method]) -> type[Method]:
    """Make a method known by its name."""
    registry.register(method.name, method)
    return method
