"""Sign-OPT: descends on the distance to the boundary by its signs, seeing labels only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import beginnings, norms, probes
from advlab.core.attack import Widget, param
from advlab.core.boundary import approach, between, bisect
from advlab.core.decisions import DecisionAttack, DecisionState
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle

# Strides are doubled or halved at most so often in a step.
_TRIES = 15
# While strides are compared the distance is measured to this share, and first looked for this much nearer.
_ROUGH, _FIRST_LOOK = 1e-3, 1e-3

# Points of these rows after strides `[r]`, at lengths `[r]`.
Step = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class SignOptState(DecisionState):
    """A point on the boundary, and the first stride of the next step."""

    stride: Tensor  # [n]


@register
class SignOpt(DecisionAttack):
    """Turns the perturbation so that the boundary comes nearer, from yes and no about many small turns.

    Whether a small turn brings the boundary nearer is one question: is the image at the present distance still beyond
    the goal? The mean of the turns, signed by the answers, is a direction of descent, and a step along it is as long
    as it helps. Where it begins is said in `advlab.core.beginnings`.

    Reference: Cheng, Singh, Chen, Chen, Liu, Hsieh: Sign-OPT: a query-efficient hard-label adversarial attack, ICLR
    2020, arXiv 1909.10773. Departures: (1) one question at the present distance rejects a stride that does not help,
    and the distance is measured only along one that does; (2) the next step begins with the stride that helped;
    (3) a hundred probes a step, where the authors' code has two hundred: on a robust network for digits that is 17%
    nearer after 1,000 queries and 4% after 4,000, on an undefended one level.
    """

    name: ClassVar[str] = "sign_opt"
    title: ClassVar[str] = "Sign-OPT · descends by signs"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2,)

    steps: int = param(
        1000, "Steps", "Each takes the probes and some twenty queries more.", ge=1, le=1_000_000,
        widget=Widget(1, 200, initial=5),
    )  # fmt: skip
    samples: int = param(
        100, "Probes", "Small turns asked about in a step.", ge=1, le=100_000, widget=Widget(10, 500, 10)
    )
    stride: float = param(
        0.2, "First stride", "How far the direction turns in the first step.", gt=0, le=10, widget=Widget(0.01, 1, 0.01)
    )
    smoothing: float = param(
        0.001, "Smoothing", "How far a probe turns.", gt=0, le=1, widget=Widget(1e-4, 0.1, 1e-4, log=True)
    )

    def init(self, o: DecisionOracle) -> SignOptState:
        x, found = beginnings.begin(o)
        rows = found.nonzero().squeeze(1)
        x[rows] = bisect(o, x[rows], self._tolerance(x)[rows], rows)
        return SignOptState(step=o.rows * 0, x=x, lost=~found, stride=torch.full_like(o.eps, self.stride))

    def _tolerance(self, x: Tensor) -> Tensor:
        """Shares of the distance: less than half of what a probe of typical direction moves the boundary by."""
        least = self.smoothing / (4 * x[0].numel() ** 0.5)
        return x.new_full((len(x),), max(least, torch.finfo(x.dtype).eps))

    def step(self, o: DecisionOracle, s: SignOptState) -> SignOptState:
        away = s.x - o.x
        distance = norms.size(away, Norm.L2)
        unit = norms.steepest(away, Norm.L2)
        noise = o.noise.at(s.step + 1)

        def turned(rows: Tensor, turn: Tensor, length: Tensor) -> Tensor:
            direction = norms.steepest(unit[rows] + turn, Norm.L2)
            return (o.x[rows] + direction * norms.per_image(length, direction)).clamp_(0, 1)

        def draw(rows: Tensor, number: Tensor) -> Tensor:
            drawn = norms.steepest(noise.take(rows).normal(s.x.shape[1:], number).to(s.x.dtype), Norm.L2)
            return turned(rows, drawn.mul_(self.smoothing), distance[rows])

        counts = torch.full_like(s.step, self.samples)
        descent = norms.steepest(probes.normal(o, s.x, counts, draw), Norm.L2)

        def stepped(rows: Tensor, stride: Tensor, length: Tensor) -> Tensor:
            return turned(rows, descent[rows] * norms.per_image(stride, unit), length)

        x, stride = self._stride(o, s, stepped, distance)
        rows = (stride > 0).nonzero().squeeze(1)
        if len(rows):
            x[rows] = self._measure(o, x[rows], rows, self._tolerance(x)[rows])
        following = torch.where(stride > 0, stride, self.stride)
        return SignOptState(step=s.step + 1, x=x, lost=s.lost, stride=following)

    def _stride(self, o: DecisionOracle, s: SignOptState, stepped: Step, distance: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest point found with longer and longer strides, or with shorter ones where those do not help.

        And the stride `[n]` that led there, zero where none did.
        """
        x, length, helped = s.x.clone(), distance.clone(), torch.zeros_like(s.stride)
        tried = s.stride.clone()
        growing = torch.zeros_like(s.lost)
        rows = torch.arange(len(x), device=x.device)
        for _ in range(_TRIES):
            asked = stepped(rows, tried[rows], length[rows])
            answer = o.decisions(asked, rows)
            good = rows[answer.reached]
            if len(good):
                x[good] = self._measure(o, asked[answer.reached], good, torch.full_like(length[good], _ROUGH))
                length[good], helped[good] = norms.size(x[good] - o.x[good], Norm.L2), tried[good]
            # On with twice the stride after it helped, with half of it as long as none has; else that was all.
            shrinking = rows[answer.granted & ~answer.reached & ~growing[rows]]
            fresh = good[growing[good] | (tried[good] == s.stride[good])]
            growing[fresh] = True
            tried[fresh] *= 2
            tried[shrinking] /= 2
            rows = torch.cat((fresh, shrinking)).sort().values
            if len(rows) == 0:
                break
        return x, helped

    def _measure(self, o: DecisionOracle, found: Tensor, rows: Tensor, tolerance: Tensor) -> Tensor:
        """The boundary on the way from points beyond the goal to the clean images of these rows."""
        clean = o.x[rows]

        def path(where: Tensor, share: Tensor) -> Tensor:
            return between(clean[where], found[where], share, Norm.L2)

        one = torch.ones_like(tolerance)
        return approach(o, path, found, one, first=_FIRST_LOOK, tolerance=tolerance, rows=rows)[0]

    def done(self, s: SignOptState) -> Tensor:
        return (s.step >= self.steps) | s.lost

    def cost(self, budget: int | None) -> tuple[int, int]:
        measuring = 10 + 40  # strides that double from the first look, then halvings
        a_step = self.samples + _TRIES * (1 + measuring) + measuring
        queries = beginnings.QUERIES + 40 + self.steps * a_step
        return min(queries, budget or queries), 0
