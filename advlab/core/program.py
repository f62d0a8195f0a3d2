"""Attacks that are made of attacks: one after the other, each on what those before it left."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.core import norms
from advlab.core.attack import Attack, Objective
from advlab.core.classifier import Classifier
from advlab.core.film import Film
from advlab.core.norms import Norm
from advlab.core.result import AttackResult, Trace

# What of a result is one number or one image a row, and goes along with a better image.
_OF_IMAGE = (
    "adversarial", "success", "label_after", "confidence_after", "margin_after", "distance",
)  # fmt: skip
_SUMS = ("queries", "gradients", "verifications", "zero_gradients")


@dataclass(frozen=True)
class Member:
    """One attack of a program, by what its authors call it."""

    name: str
    attack: Attack


class Program(Attack):
    """A list of attacks, each of which begins at the clean images that are left; see `in_sequence`."""

    objective: ClassVar[Objective] = Objective.RADIUS

    @abstractmethod
    def members(self, norm: Norm) -> tuple[Member, ...]:
        """What is run in this norm, in this order."""

    @abstractmethod
    def doubts(
        self, classifier: Classifier, x: Tensor, whole: AttackResult, later: dict[str, AttackResult]
    ) -> tuple[tuple[str, ...], int]:
        """Why the verdict may be wrong, a sentence each, and how many passes for each image it took to see.

        Args:
            classifier: what was attacked.
            x: the clean images that were attacked.
            whole: what all members did together.
            later: what each but the first did to the images that were left for it.
        """

    def cost(self, budget: int | None) -> tuple[int, int]:
        """All members to their ends, in the dearest norm: the most that an image can cost."""
        costs = [[member.attack.cost(None) for member in self.members(norm)] for norm in self.norms]
        queries, gradients = (max(sum(cost[place] for cost in members) for members in costs) for place in (0, 1))
        return min(queries, budget or queries), min(gradients, budget or gradients)


# Runs a member: its place, the attack, the rows [r] it is for (None: all), and what each may still ask.
RunMember = Callable[[int, Attack, Tensor | None, int | None], AttackResult]


def in_sequence(  # noqa: PLR0917 - called once, by the driver
    program: Program, classifier: Classifier, x: Tensor, norm: Norm, budget: int | None, run: RunMember
) -> AttackResult:
    """Run the members, each on the images that the ones before it could not fool, and make one result of theirs."""
    members = program.members(norm)
    whole = run(0, members[0].attack, None, budget)
    later = dict[str, AttackResult]()
    for place, member in enumerate(members[1:], 1):
        rows = (~whole.success).nonzero().squeeze(1)
        left = None if budget is None or len(rows) == 0 else budget - int(whole.queries[rows].max())
        if whole.stopped or len(rows) == 0 or left == 0:
            break
        later[member.name] = part = run(place, member.attack, rows, left)
        whole = _merged(whole, part, rows)
    searched = whole.queries > 0
    if whole.stopped or not bool(searched.any()):
        return whole
    notes, passes = program.doubts(classifier, x[searched], whole, later)
    whole.verifications[searched] += passes
    return replace(whole, notes=notes)


def _merged(whole: AttackResult, part: AttackResult, rows: Tensor) -> AttackResult:
    """The whole, with what a member did to these rows; where nobody succeeds, the larger margin stays.

    A member that finds an image beyond the goal before it began saw a model with randomness in it, and did nothing.
    """
    size = part.norms[part.norm.value]
    inside = torch.ones_like(part.success) if part.eps is None else norms.within(size, part.eps)
    better = ~part.already & (part.success | (inside & (part.margin_after > whole.margin_after[rows])))
    taken = rows[better]
    for name in _OF_IMAGE:
        getattr(whole, name)[taken] = getattr(part, name)[better]
    for norm, sizes in whole.norms.items():
        sizes[taken] = part.norms[norm][better]
    _append(whole.trace, part.trace, rows, whole)
    for name in _SUMS:
        getattr(whole, name)[rows] += getattr(part, name)
    film = whole.film
    if part.film is not None and rows[:1].tolist() == [0]:
        film = _joined(film, part.film, len(whole.trace) - len(part.trace))
    return replace(whole, film=film, seconds=whole.seconds + part.seconds, stopped=part.stopped)


def _append(trace: Trace, more: Trace, rows: Tensor, before: AttackResult) -> None:
    """The steps of a member behind those of the ones before it; other rows keep their last values."""
    for field in fields(Trace):
        column: list[Tensor] = getattr(trace, field.name)
        count = field.name in _SUMS
        for step in getattr(more, field.name):
            last = getattr(before, field.name) if count else column[-1]
            now = last.clone()
            now[rows] = last[rows] + step if count else step
            column.append(now)


def _joined(film: Film | None, more: Film, steps: int) -> Film:
    """A film with another one behind it."""
    joined = Film(more.most)
    for part, offset in ((film, 0), (more, steps)):
        if part is not None:
            for step, frame in zip(*part.cut(), strict=True):
                joined.add(step + offset, frame.float() / 255)
    return joined
