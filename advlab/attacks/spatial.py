"""Rotation and translation: a picture turned and moved a little, in pose after pose."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle
from advlab.core.poses import Padding, Pose, Poses, moved


@dataclass(frozen=True)
class SpatialState(State):
    """How many poses are left; none where one has fooled."""

    left: Tensor  # [n]


@register
class Spatial(StepwiseAttack):
    """Turns and moves the picture, the least first, and knows nothing of the model but whether it was fooled.

    All poses of a grid, from the nearest to the furthest; the first one that fools is the result. There is no radius:
    norms only say how much the pixels changed, which is far more than anybody sees.

    Reference: Engstrom, Tran, Tsipras, Schmidt, Madry: Exploring the landscape of spatial robustness, ICML 2019,
    arXiv 1712.02779. Departures: (1) what comes in from outside is the picture's mirror, unless zeros are asked for:
    black corners are something that no network was trained with; (2) translations are by whole pixels.
    """

    name: ClassVar[str] = "spatial"
    title: ClassVar[str] = "Baseline · rotation and translation"
    access: ClassVar[Access] = Access.LABEL
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF)
    objective: ClassVar[Objective] = Objective.MINIMAL
    baseline: ClassVar[bool] = True

    degrees: float = param(
        30.0, "Degrees", "Of the largest rotation, either way.", ge=0, le=180, widget=Widget(0, 90, 5)
    )
    shift: float = param(
        0.1, "Shift", "Of the largest translation, as a share of a side.", ge=0, lt=1, widget=Widget(0, 0.5, 0.05)
    )
    angles: int = param(31, "Angles", "Rotations in the grid.", ge=1, le=1001, widget=Widget(1, 31, 2, initial=7))
    shifts: int = param(
        5, "Shifts", "Translations along each side in the grid.", ge=1, le=101, widget=Widget(1, 9, 2, initial=3)
    )
    padding: Padding = param(Padding.REFLECTION, "Padding", "What comes in from outside.")

    def init(self, o: DecisionOracle) -> SpatialState:
        return SpatialState(step=o.rows * 0, left=o.rows * 0 + len(self._poses(o)))

    def _poses(self, o: DecisionOracle) -> list[Pose]:
        return _grid(Poses(self.degrees, self.shift, self.angles, self.shifts, Padding(self.padding)), *o.x.shape[2:])

    def step(self, o: DecisionOracle, s: SpatialState) -> SpatialState:
        pose = self._poses(o)[int(s.step[0])]  # all rows are at the same step
        reached = o.decisions(moved(o.x, pose, Padding(self.padding))).reached
        return SpatialState(step=s.step + 1, left=torch.where(reached, 0, s.left - 1))

    def done(self, s: SpatialState) -> Tensor:
        return s.left == 0

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = max(1, self.angles * self.shifts**2)
        return min(queries, budget or queries), 0


@lru_cache(maxsize=16)
def _grid(poses: Poses, height: int, width: int) -> list[Pose]:
    """From the nearest to the furthest."""
    return poses.grid(height, width)[::-1]
