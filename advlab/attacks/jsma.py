"""The Jacobian-based saliency map attack: few pixels, each changed all the way."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, rivals
from advlab.core.attack import Access, State, Widget, param
from advlab.core.minimal import MinimalAttack
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle


@dataclass(frozen=True)
class JSMAState(State):
    """The iterate, the class that it goes for, and what the last step changed."""

    x: Tensor  # [n, C, H, W]
    target: Tensor  # [n, 1] int64
    left: Tensor  # [n, H * W] bool, pixels that have not come to their wall yet
    before: Tensor  # [n, C, H, W], the iterate before the last step
    chosen: Tensor  # [n, p] int64, the pixels of the last step, the best first


@register
class JSMA(MinimalAttack):
    """Changes the two pixels at a time that raise the target's probability most, as far as they go.

    Untargeted, the target is the class that the network, linearised at the clean image, is brought to with the fewest
    pixels; another class that turns up on the way is as welcome.

    Reference: Papernot, McDaniel, Jha, Fredrikson, Celik, Swami: The limitations of deep learning in adversarial
    settings, EuroS&P 2016, arXiv 1511.07528. The paper's saliency of a pair is the product of how much it raises the
    target's probability and how much it lowers the sum of the others. As probabilities sum to one the two are the
    same number: the best pair is the two best pixels, found without a search over pairs, and one gradient a step is
    enough. Departures: (1) the gradient is the logarithm's, which does not vanish in networks that are sure;
    untargeted it is that of the target's lead over the class to leave; (2) values change upwards or downwards,
    whichever helps, in the paper all upwards or all downwards; (3) a pixel counts by how far it can go, so that those
    at their wall are left out, and with all its channels, as they cost no more than one; (4) if one of the last
    step's pixels was enough, the other is taken back.
    """

    name: ClassVar[str] = "jsma"
    title: ClassVar[str] = "JSMA · few pixels"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L0,)

    steps: int = param(100, "Steps", "Most rounds of choosing pixels.", ge=1, le=100_000, widget=Widget(1, 200))
    pixels: int = param(2, "Pixels a step", "How many pixels change in a step.", ge=1, le=1000, widget=Widget(1, 20))
    theta: float = param(
        1.0, "Theta", "How far a value changes in a step; 1: to black or white.", gt=0, le=1,
        widget=Widget(0.1, 1, 0.1),
    )  # fmt: skip
    classes: int = param(
        10, "Classes", "How many classes an untargeted attack chooses its target from, the own one included.", ge=2,
        le=1000, widget=Widget(2, 10),
    )  # fmt: skip

    @property
    def queries_a_step(self) -> int:
        return 1

    @property
    def _halvings(self) -> int:
        """Queries to find how many of a step's pixels were enough."""
        return (self.pixels - 1).bit_length()

    @property
    def queries_besides(self) -> int:
        # Which classes are the most likely, which one is the target, where the last step led, and was it too far.
        return 3 + 2 * self._halvings

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries, _ = super().cost(budget)
        gradients = self.steps + self.classes - 1
        return queries, min(gradients, (budget or gradients) + self.classes - 2)

    def init(self, o: GradientOracle) -> JSMAState:
        places = o.x[:, 0].flatten(1)
        left = torch.ones_like(places, dtype=torch.bool)
        chosen = o.rows.new_zeros(len(o.rows), min(self.pixels, places.shape[1]))
        return JSMAState(step=o.rows * 0, x=o.x, target=self._target(o), left=left, before=o.x, chosen=chosen)

    def _target(self, o: GradientOracle) -> Tensor:
        """The class `[n, 1]` that fewest pixels lead to, by the network linearised at the clean images."""
        if o.goal.targeted:
            return o.goal.index.unsqueeze(1)
        classes = rivals.among(o, self.classes - 1)
        if classes.shape[1] == 1:
            return classes
        own = o.goal.index
        reply = o.jacobian(o.x, classes, over=own)
        gap = (reply.logits.gather(1, own.unsqueeze(1)) - reply.logits.gather(1, classes)).unsqueeze(2)
        room = torch.where(reply.gradients > 0, 1 - o.x.unsqueeze(1), o.x.unsqueeze(1))
        gain = (reply.gradients.abs() * room).sum(2).flatten(2).sort(dim=2, descending=True).values
        total = gain.cumsum(2)
        # How many pixels are changed all the way, and which part of the next one; what is out of reach comes last.
        whole = (total < gap).sum(2, keepdim=True)
        following = whole.clamp_max(gain.shape[2] - 1)
        part = (gap - total.gather(2, following)) / gain.gather(2, following).clamp_min(1e-30) + 1
        return classes.gather(1, (whole + part.nan_to_num(torch.inf)).squeeze(2).argmin(1, keepdim=True))

    def move(self, o: GradientOracle, s: JSMAState) -> JSMAState:
        slope = self._slope(o, s)
        found = o.best_size.isfinite()
        self._take_back(o, s, found)
        room = torch.where(slope > 0, 1 - s.x, s.x).clamp_max(self.theta)
        gain = (slope.abs() * room).sum(1).flatten(1) * s.left
        best = gain.topk(s.chosen.shape[1], dim=1)
        picked = torch.zeros_like(s.left).scatter_(1, best.indices, best.values > 0)
        further = torch.where(slope > 0, s.x + self.theta, torch.where(slope < 0, s.x - self.theta, s.x)).clamp_(0, 1)
        x = torch.where(picked.reshape(room[:, :1].shape), further, s.x)
        walled = ((x <= 0) | (x >= 1) | (slope == 0)).all(1).flatten(1)
        s = JSMAState(s.step + 1, x, s.target, s.left & ~(picked & walled), s.x, best.indices)
        if int(s.step[0]) == self.steps:  # all rows are at the same step: whose search is over is closing in
            o.logits(x)
            self._take_back(o, s, o.best_size.isfinite() & ~found)
        return replace(s, step=self.finish(s, found | ~picked.any(1)))

    def _slope(self, o: GradientOracle, s: JSMAState) -> Tensor:
        if o.goal.targeted:
            return o.gradient(s.x, loss=losses.cross_entropy).gradient
        return o.jacobian(s.x, s.target, over=o.goal.index).gradients[:, 0]

    def _take_back(self, o: GradientOracle, s: JSMAState, found: Tensor) -> None:
        """Ask, for rows that the last step brought to the goal, whether fewer of its pixels would have done."""
        row = found.nonzero().squeeze(1)
        few, enough = torch.zeros_like(row), torch.full_like(row, s.chosen.shape[1])
        place = torch.arange(s.chosen.shape[1], device=row.device)
        for _ in range(self._halvings if len(row) else 0):
            middle = (few + enough) // 2
            kept = torch.zeros_like(s.left[row]).scatter_(1, s.chosen[row], place < middle.unsqueeze(1))
            x = torch.where(kept.reshape(-1, 1, *s.x.shape[2:]), s.x[row], s.before[row])
            reached = o.decisions(x, row).reached
            few, enough = torch.where(reached, few, middle), torch.where(reached, middle, enough)
