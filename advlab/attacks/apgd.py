"""Auto-PGD: projected gradient descent that chooses its steps by itself."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms, rivals
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.goals import Aimed, Goal
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle
from advlab.core.replies import GradientReply

# Of the steps: those before the first look at the progress, how many fewer before each next one, and the fewest.
_FIRST_LOOK, _FEWER, _FEWEST = 0.22, 0.03, 0.06
# What share of the steps since the last look must have gained.
_GAINING = 0.75
# How much of the new step is taken, the rest being momentum.
_NEW = 0.75
# In L1: from which share of the steps on the ball is how many times as large, and the looks in each of these legs.
_LEGS, _LOOK = ((0.0, 3.0), (0.3, 2.0), (0.6, 1.0)), 0.04
# In L1: the share of the values that the first steps change, what looks divide by, and the least step in radii.
_FIRST_VALUES, _SPARSER, _LEAST = 0.2, 1.5, 0.1
# In L1: how much longer than the radius the noise is whose projection is the start: the longer, the sparser that is.
_LONG = 20
# In L1: a look that finds fewer values than this share of those at the last one begins anew with long steps.
_FEWER_VALUES = 0.95


@dataclass(frozen=True)
class APGDState(State):
    """The iterate, the best point of this start, and what the steps have brought since the last look."""

    x: Tensor  # [n, C, H, W]
    before: Tensor  # the iterate before
    top: Tensor  # the best point
    slope: Tensor  # the gradient there
    value: Tensor  # [n], the loss there
    last: Tensor  # [n], the loss of the iterate before
    gains: Tensor  # [n], steps since the last look that raised the loss
    size: Tensor  # [n], length of a step
    halved: Tensor  # [n], whether the last look shortened it
    seen: Tensor  # [n], the loss of the best point at the last look
    values: Tensor  # [n], in L1: how many values a step changes
    kept: Tensor  # [n], in L1: in how many the best point differed at the last look
    targets: Tensor  # [n, t], classes to climb towards, one a start


@register
class APGD(StepwiseAttack):
    """PGD with momentum, whose step is halved where it no longer gains: nothing is to be chosen but how many.

    Reference: Croce, Hein: Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
    attacks, ICML 2020, arXiv 2003.01690. In L1 steps are sparse, and first in balls of 3 ε and 2 ε: Croce, Hein: Mind
    the box: l1-APGD for sparse adversarial attacks on image classifiers, ICML 2021, arXiv 2103.01208. Departures: (1)
    the cross-entropy's gradient does not vanish where the network is sure; (2) in L1 the noise of the start is as
    long as the radius says, not of one length for all radii, and how many values a step changes is rounded down, so
    that it may come to be one.
    """

    name: ClassVar[str] = "apgd"
    title: ClassVar[str] = "APGD · finds its own steps"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2, Norm.L1)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(100, "Steps", "Gradient steps of one start.", ge=1, le=10_000, widget=Widget(5, 200, initial=50))
    restarts: int = param(1, "Restarts", "How often to begin anew, each time at another point.", ge=1, le=1000)
    loss: losses.Climb = param(losses.Climb.CROSS_ENTROPY, "Loss", "What is climbed.")
    samples: int = param(
        1,
        "Gradients averaged",
        "Asked for at each step: more than one for models with randomness in them (EOT).",
        ge=1,
        le=1000,
        widget=Widget(1, 50),
    )

    def init(self, o: GradientOracle) -> APGDState:
        return self._begin(o, 0, self._targets(o))

    def _targets(self, o: GradientOracle) -> Tensor:
        """No class in particular."""
        return o.rows.new_zeros(len(o.rows), 0)

    def _aim(self, o: GradientOracle, s: APGDState, number: int) -> Goal | None:  # noqa: ARG002 - the same for all
        """What this start climbs towards, in place of the goal."""
        return None

    def _climb(self, o: GradientOracle, s: APGDState, number: int) -> GradientReply:
        loss, aim = losses.Climb(self.loss).function, self._aim(o, s, number)
        first = o.gradient(s.x, loss=loss, aim=aim)
        if self.samples == 1:
            return first
        others = [o.gradient(s.x, loss=loss, aim=aim) for _ in range(self.samples - 1)]
        value = torch.stack([reply.value for reply in (first, *others)]).mean(0)
        gradient = torch.stack([reply.gradient for reply in (first, *others)]).mean(0)
        return replace(first, value=value, gradient=gradient)

    def _runs(self, targets: Tensor) -> int:
        return self.restarts * max(1, targets.shape[1])

    def _begin(self, o: GradientOracle, number: int, targets: Tensor) -> APGDState:
        """A start far from the clean image."""
        times = _LEGS[0][1] if o.norm is Norm.L1 else 1.0
        x = _far(o, number * self.steps, times * o.eps)
        blank = APGDState(
            step=o.rows * 0 + number * self.steps, x=x, before=x, top=x, slope=torch.zeros_like(x), value=o.eps,
            last=o.eps, gains=o.eps, size=o.eps, halved=o.eps > 0, seen=o.eps, values=o.eps, kept=o.eps,
            targets=targets,
        )  # fmt: skip
        values = torch.full_like(o.eps, x[0].numel())
        return replace(_afresh(blank, x, times * o.eps, o.norm), values=_FIRST_VALUES * values, kept=values)

    def step(self, o: GradientOracle, s: APGDState) -> APGDState:
        number, within = divmod(int(s.step[0]), self.steps)  # all rows are at the same step: they started together
        reply = self._climb(o, s, number)
        s, gradient = _noted(s, reply), reply.gradient
        begin, end, times = self._leg(o.norm, within)
        radius = times * o.eps
        looks = self._looks(o.norm, begin, end)
        if within in looks:
            if o.norm is Norm.L1:
                s, gradient = _look_at_values(s, gradient, o.x, radius)
            else:
                place = looks.index(within)
                s, gradient = _look_at_gains(s, gradient, within - sum(looks[place - 1 : place]))
        x = self._move(o, s, gradient, radius, first=within == begin)
        s = replace(s, step=s.step + 1, before=s.x, x=x)
        if within + 1 == self.steps:
            o.logits(x)
            return self._begin(o, number + 1, s.targets) if number + 1 < self._runs(s.targets) else s
        if within + 1 == end:
            smaller = self._leg(o.norm, end)[2] * o.eps
            s = _afresh(s, norms.project(s.top, o.x, o.norm, smaller), smaller, o.norm)
            changed = _changed(s.x, o.x)
            s = replace(s, kept=changed, values=changed / _SPARSER)
        return s

    def _leg(self, norm: Norm, within: int) -> tuple[int, int, float]:
        """First step, end and size of the ball, in ε, of the leg that this step is in; with few steps it is all one."""
        if norm is not Norm.L1 or self.steps < 2 * len(_LEGS):
            return 0, self.steps, 1.0
        begins = [int(share * self.steps) for share, _ in _LEGS]
        legs = zip(pairwise((*begins, self.steps)), _LEGS, strict=True)
        return next((begin, end, times) for (begin, end), (_, times) in legs if within < end)

    def _looks(self, norm: Norm, begin: int, end: int) -> list[int]:
        """The steps at which the progress is looked at."""
        if norm is Norm.L1:
            every = max(1, int(_LOOK * (end - begin)))
            return list(range(begin + every, end, every))
        at: list[int] = []
        wait = max(1, int(_FIRST_LOOK * self.steps))
        while sum(at[-1:]) + wait < self.steps:
            at.append(sum(at[-1:]) + wait)
            wait = max(wait - max(1, int(_FEWER * self.steps)), max(1, int(_FEWEST * self.steps)))
        return at

    def _move(self, o: GradientOracle, s: APGDState, gradient: Tensor, radius: Tensor, *, first: bool) -> Tensor:
        size = norms.per_image(s.size, s.x)
        if o.norm is Norm.L1:
            values = s.values.long().clamp(1, s.x[0].numel())
            return norms.project(s.x + size * norms.steepest(gradient, o.norm, values), o.x, o.norm, radius)
        ahead = norms.project(s.x + size * norms.steepest(gradient, o.norm), o.x, o.norm, radius)
        if first:
            return ahead
        moved = s.x + _NEW * (ahead - s.x) + (1 - _NEW) * (s.x - s.before)
        return norms.project(moved, o.x, o.norm, radius)

    def done(self, s: APGDState) -> Tensor:
        return s.step >= self.steps * self._runs(s.targets)

    @property
    def _most_runs(self) -> int:
        return self.restarts

    def cost(self, budget: int | None) -> tuple[int, int]:
        gradients = self._most_runs * self.steps * self.samples
        queries = gradients + self._most_runs
        return min(queries, budget or queries), min(gradients, budget or gradients)


@register
class TargetedAPGD(APGD):
    """APGD towards the likeliest other classes, one after the other, each from a start of its own.

    With a goal that has a target it climbs towards that one. The loss is the targeted DLR.

    Reference: Croce, Hein: Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
    attacks, ICML 2020, arXiv 2003.01690; in L1: arXiv 2103.01208.
    """

    name: ClassVar[str] = "apgd_t"
    title: ClassVar[str] = "APGD-T · one class after the other"

    loss: losses.Climb = param(losses.Climb.DLR, "Loss", "What is climbed.")
    targets: int = param(
        9, "Classes", "How many classes to try, the likeliest first.", ge=1, le=999, widget=Widget(1, 20, initial=3)
    )

    def _targets(self, o: GradientOracle) -> Tensor:
        return super()._targets(o) if o.goal.targeted else rivals.likeliest(o, self.targets)

    def _aim(self, o: GradientOracle, s: APGDState, number: int) -> Goal | None:
        classes = s.targets.shape[1]
        return Aimed(s.targets[:, number % classes], o.goal.index) if classes else None

    @property
    def _most_runs(self) -> int:
        return self.restarts * self.targets

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries, gradients = super().cost(None)
        return min(queries + 1, budget or queries + 1), min(gradients, budget or gradients)


def _far(o: GradientOracle, place: int, radius: Tensor) -> Tensor:
    """A random point on the surface of the ball, as far as the box lets it."""
    noise, shape = o.noise.at(place), o.x.shape[1:]
    direction = (noise.uniform(shape) * 2 - 1 if o.norm is Norm.LINF else noise.normal(shape)).to(o.x.dtype)
    length = _LONG * radius if o.norm is Norm.L1 else radius
    direction *= norms.per_image(length / norms.size(direction, o.norm).clamp_min(1e-12), direction)
    return norms.project(o.x + direction, o.x, o.norm, radius)


def _afresh(s: APGDState, x: Tensor, radius: Tensor, norm: Norm) -> APGDState:
    """At `x` with the longest steps, and with no best point yet."""
    lost = torch.full_like(radius, -torch.inf)
    return replace(
        s, x=x, before=x, top=x, value=lost, last=lost, gains=torch.zeros_like(radius), seen=lost,
        size=radius if norm is Norm.L1 else 2 * radius, halved=torch.ones_like(radius, dtype=torch.bool),
    )  # fmt: skip


def _noted(s: APGDState, reply: GradientReply) -> APGDState:
    """With what the model said about the iterate."""
    better = reply.value > s.value
    wide = norms.per_image(better, s.x)
    return replace(
        s, top=torch.where(wide, s.x, s.top), slope=torch.where(wide, reply.gradient, s.slope),
        value=torch.where(better, reply.value, s.value), last=reply.value,
        gains=s.gains + ((reply.value > s.last) & s.last.isfinite()),
    )  # fmt: skip


def _look_at_gains(s: APGDState, gradient: Tensor, steps: int) -> tuple[APGDState, Tensor]:
    """Halve the step and go back to the best point where too few steps gained, or the last look changed nothing."""
    shorten = (s.gains <= _GAINING * steps) | (~s.halved & (s.seen >= s.value))
    s = replace(s, size=torch.where(shorten, s.size / 2, s.size), halved=shorten, seen=s.value, gains=s.gains * 0)
    return _back_to_top(s, gradient, shorten)


def _look_at_values(s: APGDState, gradient: Tensor, clean: Tensor, radius: Tensor) -> tuple[APGDState, Tensor]:
    """Steps as sparse as the best point; where that became sparser, long ones from it, else shorter ones."""
    changed = _changed(s.top, clean)
    sparser = changed < _FEWER_VALUES * s.kept
    size = torch.where(sparser, radius, torch.maximum(s.size / _SPARSER, _LEAST * radius))
    return _back_to_top(replace(s, size=size, kept=changed, values=changed / _SPARSER), gradient, sparser)


def _back_to_top(s: APGDState, gradient: Tensor, rows: Tensor) -> tuple[APGDState, Tensor]:
    wide = norms.per_image(rows, s.x)
    return replace(s, x=torch.where(wide, s.top, s.x)), torch.where(wide, s.slope, gradient)


def _changed(x: Tensor, clean: Tensor) -> Tensor:
    """In how many values `[n]` each image differs."""
    return (x != clean).flatten(1).sum(1).to(x.dtype)
