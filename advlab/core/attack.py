"""What an attack is: frozen parameters, and a small state machine over a batch of images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import Field
from pydantic.fields import FieldInfo
from torch import Tensor

from advlab.core.norms import Norm
from advlab.core.parameters import Parameters


class Access(StrEnum):
    """What the attacker is shown; each kind includes the ones after it."""

    GRADIENT = "gradient"
    SCORES = "scores"
    LABEL = "label"


class Objective(StrEnum):
    """What counts as better: a larger margin inside a radius, or a smaller perturbation that fools."""

    RADIUS = "radius"
    MINIMAL = "minimal"


@dataclass(frozen=True)
class Widget:
    """How a parameter is offered: the usual range (validity is Field's), a logarithmic scale, a label."""

    low: float
    high: float
    step: float = 1
    log: bool = False
    initial: float | None = None


def param(
    default: Any,  # noqa: ANN401 - as Pydantic's Field
    title: str,
    help: str,  # noqa: A002 - the word for it
    *,
    widget: Widget | None = None,
    **limits: Any,  # noqa: ANN401 - ge, gt, le, lt as in Field
) -> Any:  # noqa: ANN401
    """A parameter of an attack: default, validity limits, and what people read about it."""
    return Field(default, title=title, description=help, json_schema_extra={"widget": widget}, **limits)  # type: ignore[dict-item]


def initial(field: FieldInfo) -> Any:  # noqa: ANN401 - of the parameter's own type
    """The value that a parameter is offered with: its widget's, which is quicker than the default, if it has one."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    widget = extra.get("widget")
    return widget.initial if isinstance(widget, Widget) and widget.initial is not None else field.default


@dataclass(frozen=True)
class State:
    """Tensors whose first axis is the image, counters and moments included.

    Subclasses add fields; each is a tensor `[n, ...]`, so rows can be taken without knowing more.
    """

    step: Tensor  # [n] int64, steps done

    def take(self, rows: Tensor) -> Self:
        """The state of some rows (an index or a mask)."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})


class Attack(Parameters, ABC):
    """An attack's parameters and what is known of it before a run.

    It is either a `StepwiseAttack`, or an `advlab.core.program.Program` of attacks.
    """

    access: ClassVar[Access]
    norms: ClassVar[tuple[Norm, ...]]
    objective: ClassVar[Objective]
    needs_start: ClassVar[bool] = False
    # Only makes sense against a model with a detector: no menu offers it for others.
    for_detectors: ClassVar[bool] = False
    # Knows nothing of the model but its answers, and tries blindly: what an attack has to beat. Its title begins with
    # “Baseline · ”, it may fail however large a change may be, and menus keep it apart.
    baseline: ClassVar[bool] = False
    # Whether it goes the same way when all logits are multiplied, untargeted and targeted: not up a cross-entropy.
    scale_free: ClassVar[tuple[bool, bool]] = True, True

    @abstractmethod
    def cost(self, budget: int | None) -> tuple[int, int]:
        """The most queries and gradients that an image can cost, within a budget of queries."""


class StepwiseAttack(Attack):
    """The mathematics of an attack; everything else is the driver's.

    The methods write as if nothing ended early: rows of finished images are dropped between steps.
    An attack keeps no records of its own; every query is a candidate, and the oracle keeps the best.
    """

    @abstractmethod
    def init(self, o: Any) -> Any:  # noqa: ANN401 - each attack names its oracle and its state
        """The state before the first step."""

    @abstractmethod
    def step(self, o: Any, s: Any) -> Any:  # noqa: ANN401
        """One step for every row."""

    @abstractmethod
    def done(self, s: Any) -> Tensor:  # noqa: ANN401
        """Which rows `[n]` have nothing left to do."""

    @property
    def wanted_margin(self) -> float:
        """The margin that a candidate must have; above zero for attacks with a confidence."""
        return 0.0
