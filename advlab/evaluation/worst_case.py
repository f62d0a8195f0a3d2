"""One batch of pictures against restart after restart of an attack."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from advlab import api
from advlab.core import norms
from advlab.core.attack import Attack
from advlab.core.classifier import Classifier
from advlab.core.norms import Norm
from advlab.core.result import AttackResult


@dataclass(frozen=True)
class Threat:
    """Who attacks what, within which radius, and how often."""

    classifier: Classifier
    attack: Attack
    norm: Norm
    eps: float
    restarts: int
    seed: int


@dataclass(frozen=True)
class Verdict:
    """What came of one picture.

    Attributes:
        row: its place in the split.
        label: its class.
        answer: what the network says to the clean picture.
        restart: the one that fooled the network, from 0; -1 if none did.
        fooled: what the network said then; -1 if it was not fooled.
        queries, gradients, zero_gradients: over all restarts; many zeros mean a masked gradient.
        valid: whether what the network said, and what the attack gave back, was finite and in its bounds;
            a picture of which it was not counts as neither right nor robust.
    """

    row: int
    label: int
    answer: int
    restart: int
    fooled: int
    queries: int
    gradients: int
    zero_gradients: int
    valid: bool

    @property
    def correct(self) -> bool:
        """Right on the clean picture."""
        return self.valid and self.answer == self.label

    @property
    def robust(self) -> bool:
        """Right on the clean picture, and after every restart."""
        return self.correct and self.restart < 0


def worst_case(
    threat: Threat,
    images: Tensor,
    labels: Tensor,
    rows: Tensor,
    *,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> list[Verdict] | None:
    """The verdicts on a batch; None if it was stopped.

    A picture retires at its first confirmed success; those that are left are attacked again from the clean
    picture, with the next seed.

    Args:
        threat: the network and its attacker.
        images: `[N, C, H, W]` in [0, 1].
        labels, rows: `[N]` each.
        progress: told the fraction that is done, in [0, 1].
        should_stop: asked between chunks of work.
    """
    count, device = len(labels), threat.classifier.device
    answer, restart_of, fooled = (torch.full((count,), -1) for _ in range(3))
    tally = torch.zeros(3, count, dtype=torch.int64)
    valid = torch.ones(count, dtype=torch.bool)
    alive = torch.arange(count)
    for restart in range(threat.restarts):
        result = api.attack(
            threat.classifier,
            images[alive].to(device),
            threat.attack,
            norm=threat.norm,
            eps=threat.eps,
            labels=labels[alive].to(device),
            seed=threat.seed + restart,
            progress=lambda p, done=restart: progress((done + p.fraction) / threat.restarts),  # type: ignore[misc]
            should_stop=should_stop,
        )
        if result.stopped:
            return None
        if restart == 0:
            answer = result.label_before.cpu()
        tally[:, alive] += torch.stack([result.queries, result.gradients, result.zero_gradients]).cpu()
        success, sound = (result.success & ~result.already).cpu(), is_sound(result).cpu()
        valid[alive] = sound
        restart_of[alive[success]], fooled[alive[success]] = restart, result.label_after.cpu()[success]
        alive = alive[sound & ~result.success.cpu()]
        if len(alive) == 0:
            break
    columns = (rows, labels, answer, restart_of, fooled, *tally, valid)
    return [Verdict(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def is_sound(result: AttackResult) -> Tensor:
    """Of which pictures `[N]` everything is finite, and what was given back is a picture inside the radius."""
    images = result.adversarial.flatten(1)
    finite = result.margin_before.isfinite() & result.margin_after.isfinite() & images.isfinite().all(1)
    inside = (images.amin(1) >= 0) & (images.amax(1) <= 1)
    if result.eps is not None:
        inside &= norms.within(result.norms[result.norm.value], result.eps)
    return finite & inside
