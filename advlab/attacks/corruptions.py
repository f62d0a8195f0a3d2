"""Common corruptions: what happens to pictures without anybody's intent, one after the other."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.corruptions import KINDS, with_noise
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle


@dataclass(frozen=True)
class CorruptionState(State):
    """Whether anything of what was tried fooled."""

    fooled: Tensor  # [n]


@register
class Corruptions(StepwiseAttack):
    """Blurs, compresses, fogs or otherwise spoils the picture, and knows nothing of the model but whether it fooled.

    Ten kinds at five severities, the mildest first. Of the kinds that fool at the first severity at which any does, the
    result is the one that changes the picture least. There is no radius: norms only say how much the pixels changed.

    Reference: Hendrycks, Dietterich: Benchmarking neural network robustness to common corruptions and perturbations,
    ICLR 2019, arXiv 1903.12261. Departures: (1) kinds and severities are in the manner of theirs, for pictures of any
    size, not their very pixels; (2) the worst is searched, theirs are counted.
    """

    name: ClassVar[str] = "corruptions"
    title: ClassVar[str] = "Baseline · common corruptions"
    access: ClassVar[Access] = Access.LABEL
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF)
    objective: ClassVar[Objective] = Objective.MINIMAL
    baseline: ClassVar[bool] = True

    severity: int = param(5, "Severity", "Up to which, of five.", ge=1, le=5, widget=Widget(1, 5))

    def init(self, o: DecisionOracle) -> CorruptionState:
        return CorruptionState(step=o.rows * 0, fooled=torch.zeros_like(o.rows, dtype=torch.bool))

    def step(self, o: DecisionOracle, s: CorruptionState) -> CorruptionState:
        severity = int(s.step[0]) + 1  # all rows are at the same step
        fooled = s.fooled
        for kind in KINDS:
            fooled = fooled | o.decisions(with_noise(o.x, kind, severity, o.noise)).reached
        return CorruptionState(step=s.step + 1, fooled=fooled)

    def done(self, s: CorruptionState) -> Tensor:
        return s.fooled | (s.step >= self.severity)

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = self.severity * len(KINDS)
        return min(queries, budget or queries), 0
