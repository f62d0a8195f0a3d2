"""Variance tuning: gradients corrected by what the neighbourhood says that they lack."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import norms
from advlab.core.ascent import AscentState, Momentum, mean_gradient
from advlab.core.attack import Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle


@dataclass(frozen=True)
class VarianceState(AscentState):
    """What to add to the next gradient."""

    variance: Tensor  # [n, C, H, W]


class _VarianceTuned(Momentum):
    """Momentum with gradients that are moved by the last step's difference to the mean around it."""

    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)

    samples: int = param(20, "Neighbours", "Points around each iterate.", ge=1, le=1000, widget=Widget(1, 40))
    reach: float = param(
        1.5, "Neighbourhood", "How far neighbours are, in ε.", gt=0, le=100, widget=Widget(0.1, 3, 0.1)
    )

    def init(self, o: GradientOracle) -> VarianceState:
        zero = torch.zeros_like(o.x)
        return VarianceState(step=o.rows * 0, x=o.x, momentum=zero, variance=zero)

    def slope(self, o: GradientOracle, s: Any) -> tuple[Tensor, Any]:  # noqa: ANN401 - as in Ascent
        gradient = self.look(o, s)
        if int(s.step[0]) + 1 == self.steps:  # there is no next gradient
            return gradient + s.variance, s
        streams = o.noise.at(s.step).repeated(self.samples)

        def shown(x: Tensor, row: Tensor, number: Tensor) -> Tensor:
            stream = streams.take(row * self.samples + number)
            return x + norms.random_in_ball(stream, x, o.norm, self.reach * o.eps[row])

        around = mean_gradient(o, s.x, self.samples, shown)
        return gradient + s.variance, replace(s, variance=around - gradient)

    def gradients(self) -> int:
        return self.steps + (self.steps - 1) * self.samples


@register
class VMIFGSM(_VarianceTuned):
    """Momentum along gradients that are corrected by the mean of the neighbourhood's at the step before.

    Reference: Wang, He: Enhancing the transferability of adversarial attacks through variance tuning, CVPR 2021,
    arXiv 2103.15571. The last step's neighbourhood, which nothing would use, is not asked about.
    """

    name: ClassVar[str] = "vmi_fgsm"
    title: ClassVar[str] = "VMI-FGSM · variance tuning"


@register
class VNIFGSM(_VarianceTuned):
    """Variance tuning with Nesterov's look ahead; the neighbours stay around the iterate, as in the authors' code.

    Reference: Wang, He: Enhancing the transferability of adversarial attacks through variance tuning, CVPR 2021,
    arXiv 2103.15571. The last step's neighbourhood, which nothing would use, is not asked about.
    """

    name: ClassVar[str] = "vni_fgsm"
    title: ClassVar[str] = "VNI-FGSM · variance tuning, ahead"
    looks_ahead: ClassVar[bool] = True
