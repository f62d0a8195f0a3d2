"""Noise that grows until the model is fooled: what the smallest change costs who knows nothing of the model."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.norms import Norm, per_image
from advlab.core.oracle import DecisionOracle
from advlab.core.randomness import Noise

# A first draw is halved so often between the last amount that did not fool and the first that did.
_HALVINGS = 8
# The next draws are asked about at this share of the smallest amount that fooled: it has to be worth a query.
_LESS = 0.98


@dataclass(frozen=True)
class GrowingState(State):
    """The smallest amount of noise that fooled, whichever the draw; infinite before there is one."""

    amount: Tensor  # [n]


class GrowingNoise(StepwiseAttack):
    """A draw of noise gets stronger until it fools; later draws are tried a little below the smallest that did."""

    access: ClassVar[Access] = Access.LABEL
    objective: ClassVar[Objective] = Objective.MINIMAL
    baseline: ClassVar[bool] = True

    steps: int = param(
        100,
        "Draws",
        "Of noise; once one has fooled the model, most of the others are one query.",
        ge=1,
        le=100_000,
        widget=Widget(1, 1000),
    )
    amounts: int = param(
        20,
        "Amounts",
        "At how many amounts a draw is tried, from little to all of it, as long as none has fooled.",
        ge=1,
        le=10_000,
        widget=Widget(1, 100),
    )

    @abstractmethod
    def noisy(self, x: Tensor, noise: Noise, amount: Tensor) -> Tensor:
        """Pictures with this `amount` `[n]` of noise, between none and all of it, in [0, 1]."""

    def init(self, o: DecisionOracle) -> GrowingState:
        return GrowingState(step=o.rows * 0, amount=torch.full_like(o.eps, torch.inf))

    def step(self, o: DecisionOracle, s: GrowingState) -> GrowingState:
        noise = o.noise.at(s.step + 1)
        fooled = s.amount.isfinite()
        low, high = self._line(o, noise, (~fooled).nonzero().squeeze(1))
        rows = fooled.nonzero().squeeze(1)
        less = _LESS * s.amount
        rows = rows[self._ask(o, noise, less, rows)[0]]
        high[rows] = less[rows]
        for _ in range(_HALVINGS):
            rows = high.isfinite().nonzero().squeeze(1)
            middle = (low + high) / 2
            reached, granted = self._ask(o, noise, middle, rows)
            high[rows[reached]] = middle[rows[reached]]
            low[rows[granted & ~reached]] = middle[rows[granted & ~reached]]
        return GrowingState(step=s.step + 1, amount=torch.minimum(s.amount, high))

    def _line(self, o: DecisionOracle, noise: Noise, rows: Tensor) -> tuple[Tensor, Tensor]:
        """For `rows`: the last amount `[n]` before it fools, and the first at which it does, infinite if none is."""
        low, high = torch.zeros_like(o.eps), torch.full_like(o.eps, torch.inf)
        for number in range(1, self.amounts + 1):
            if len(rows) == 0:
                break
            amount = torch.full_like(o.eps, number / self.amounts)
            reached, granted = self._ask(o, noise, amount, rows)
            high[rows[reached]] = amount[rows[reached]]
            rows = rows[granted & ~reached]
            low[rows] = amount[rows]
        return low, high

    def _ask(self, o: DecisionOracle, noise: Noise, amount: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Whether these rows' pictures with this amount of noise fool, and whether that was granted."""
        answer = o.decisions(self.noisy(o.x[rows], noise.take(rows), amount[rows]), rows)
        return answer.reached, answer.granted

    def done(self, s: GrowingState) -> Tensor:
        return s.step >= self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = self.amounts + _HALVINGS + (self.steps - 1) * max(self.amounts, 1 + _HALVINGS)
        return min(queries, budget or queries), 0


@register
class SaltAndPepper(GrowingNoise):
    """Turns more and more pixels black or white, and knows nothing of the model but whether it was fooled.

    A pixel changes in all of its channels.

    Reference: Rauber, Brendel, Bethge: Foolbox: a Python toolbox to benchmark the robustness of machine learning
    models, ICML workshop 2017, arXiv 1707.04131. Departure: a draw is halved where it begins to fool, and the next
    ones are tried a little below; theirs are tried at all amounts again.
    """

    name: ClassVar[str] = "salt_and_pepper"
    title: ClassVar[str] = "Baseline · salt and pepper"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L0, Norm.L2)

    def noisy(self, x: Tensor, noise: Noise, amount: Tensor) -> Tensor:
        """That share of the pixels is black or white."""
        changed = noise.uniform((1, *x.shape[2:])) < per_image(amount, x)
        return torch.where(changed, (noise.uniform((1, *x.shape[2:]), draw=1) < 0.5).to(x.dtype), x)


@register
class BlendedNoise(GrowingNoise):
    """Fades the picture into uniform noise, and knows nothing of the model but whether it was fooled.

    Reference: Rauber, Brendel, Bethge: Foolbox: a Python toolbox to benchmark the robustness of machine learning
    models, ICML workshop 2017, arXiv 1707.04131. Departure: more than one draw is tried, and halved where it begins
    to fool.
    """

    name: ClassVar[str] = "blended_noise"
    title: ClassVar[str] = "Baseline · blended noise"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF)

    def noisy(self, x: Tensor, noise: Noise, amount: Tensor) -> Tensor:
        """So much of the way to the noise."""
        return x + per_image(amount, x) * (noise.uniform(x.shape[1:]).to(x.dtype) - x)


@register
class GaussianNoise(GrowingNoise):
    """Adds stronger and stronger normal noise, and knows nothing of the model but whether it was fooled.

    Reference: Rauber, Brendel, Bethge: Foolbox: a Python toolbox to benchmark the robustness of machine learning
    models, ICML workshop 2017, arXiv 1707.04131.
    """

    name: ClassVar[str] = "gaussian_noise"
    title: ClassVar[str] = "Baseline · Gaussian noise"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF)

    largest: float = param(
        1.0,
        "Largest",
        "Standard deviation of all of the noise; values are between 0 and 1.",
        gt=0,
        le=10,
        widget=Widget(0.1, 2, 0.1),
    )

    def noisy(self, x: Tensor, noise: Noise, amount: Tensor) -> Tensor:
        """Normal noise, cut to [0, 1]."""
        return (x + per_image(amount * self.largest, x) * noise.normal(x.shape[1:]).to(x.dtype)).clamp(0, 1)
