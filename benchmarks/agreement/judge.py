"""What came out, counted by one piece of code for everybody, and who is behind."""

from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core import norms
from advlab.core.norms import Norm

from .libraries import Attack
from .subjects import Subject, answers

# How far ours may stay behind: a share of the pictures, and of the median size.
POINT, LONGER = 0.01, 1.02


@dataclass(frozen=True)
class Score:
    """Of each picture: whether it fooled the network inside box and radius, and its size, infinite where it did not."""

    good: Tensor  # [n]
    size: Tensor  # [n]

    def first(self, count: int) -> "Score":
        """Of the first pictures."""
        return Score(self.good[:count], self.size[:count])

    @property
    def success(self) -> float:
        """The share of the pictures."""
        return float(self.good.double().mean())

    @property
    def median(self) -> float:
        """With failures as infinitely large."""
        return float(self.size.median())


def judged(s: Subject, attack: Attack, adversarial: Tensor) -> Score:
    """Box, radius and answer, all on the pictures that were returned."""
    size = norms.size(adversarial - s.x, Norm(attack.norm))
    # A point on the boundary may change sides with its company: either way counts.
    asked = [answers(s.classifier, adversarial)]
    if attack.eps is None:
        asked.append(torch.cat([answers(s.classifier, image) for image in adversarial.split(1)]))
    right = s.targets if attack.targeted else s.labels
    good = torch.stack([(answer == right) == attack.targeted for answer in asked]).any(0)
    good &= (adversarial >= 0).flatten(1).all(1) & (adversarial <= 1).flatten(1).all(1)
    if attack.eps is not None:
        good &= size <= attack.eps * (1 + 1e-5) + 1e-7
    return Score(good, torch.where(good, size, torch.inf))


def verdict(attack: Attack, own: Score, theirs: dict[str, Score]) -> str:
    """“ok”, or behind whom and why, each peer on the pictures that it was given."""
    behind = []
    for library, score in theirs.items():
        same = own.first(len(score.good))
        if same.success < score.success - POINT - 1e-9:
            counts = f"{int(same.good.sum())} against {int(score.good.sum())} of {len(score.good)}"
            behind.append(f"{library} ({counts})")
        elif attack.eps is None and same.median > LONGER * score.median:
            behind.append(f"{library} ({shown(attack, same.median)} against {shown(attack, score.median)})")
    if not theirs:
        return "no peer"
    return f"**BEHIND** {', '.join(behind)}" if behind else "ok"


def shown(attack: Attack, size: float) -> str:
    """A size in the attack's own unit."""
    if attack.norm == "l0" or size == torch.inf:
        return f"{size:.0f}"
    return f"{size * 255:.2f}/255" if attack.norm == "linf" else f"{size:.4f}"
