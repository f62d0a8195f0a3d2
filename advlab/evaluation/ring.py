"""Contenders on a set of labelled pictures, each against who does not know it and against who does."""

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from advlab import api
from advlab.core.classifier import Classifier
from advlab.core.defense import Kind
from advlab.core.goals import Goal, Untargeted
from advlab.core.rejecting import Rejecting
from advlab.core.verdicts import votes
from advlab.evaluation import strikes
from advlab.evaluation.contender import Contender
from advlab.evaluation.running import Running
from advlab.evaluation.strikes import Strike
from advlab.evaluation.testset import TestSet
from advlab.evaluation.trial import Budget, Fate, Suspicion, Trial


class Ring:
    """Labelled pictures, a budget, and the undefended network on which the unaware attacker works.

    Args:
        base: the undefended network.
        data: the pictures.
        budget: of both attackers.
        running: who watches, and how many pictures at once.
    """

    def __init__(self, base: Classifier, data: TestSet, budget: Budget, running: Running | None = None) -> None:
        self.base, self.data, self.budget = base, data, budget
        self.running = running or Running()
        self._unaware: dict[int, Tensor] = {}  # by the first picture of a batch: the same for every contender

    def meet(self, contender: Contender, before: Trial | None = None) -> Iterator[Trial]:
        """The trial after each batch of pictures; the last is of all, unless somebody stopped it.

        Args:
            contender: whom they attack.
            before: its trial within a smaller radius: what fell there falls here too, and is not attacked again.
        """
        trial = Trial(contender)
        for part in self._parts():
            done = self._batch(contender, part, () if before is None else before.fates[part])
            if done is None:
                return
            fates, seconds = done
            trial = Trial(contender, trial.fates + fates, seconds=seconds)
            yield trial
            if self.running.should_stop():
                return

    def _batch(
        self, contender: Contender, part: slice, before: tuple[Fate, ...]
    ) -> tuple[tuple[Fate, ...], float] | None:
        """The fates of some pictures, and the seconds of an answer; None if somebody stopped it."""
        x, goal, rows = self._at(part, contender)
        begin = time.perf_counter()
        found = votes(contender.deployed, x)
        seconds = (time.perf_counter() - begin) / len(x)
        images, unaware = self._given(contender, x, goal, part)
        name = strikes.unaware(contender, self.budget.steps).name
        how = [name if fooled else "" for fooled in unaware.tolist()]
        if before:
            unaware |= torch.tensor([fate.unaware for fate in before], device=x.device)
            how = [old.adaptive or new for old, new in zip(before, how, strict=True)]
        chosen = strikes.adaptive(contender, self.budget.steps, self.budget.override)
        made = self._fell(contender, chosen, x, goal, how=how, images=images)
        if made is None:
            return None
        suspicions = _suspicions(contender.deployed, goal, x, images, made)
        columns = (rows, goal.index, found.answer[0], found.accepted, unaware)
        fates = zip(*(column.tolist() for column in columns), how, suspicions, strict=True)
        return tuple(Fate(*values) for values in fates), seconds

    def check(self, trial: Trial, queries: int, other: Classifier | None = None) -> Trial | None:
        """The trial with what its attacks missed; None if somebody stopped it.

        Args:
            trial: of the whole set.
            queries: of each check that sees answers only.
            other: another network of the same classes, whose adversarial pictures are tried.
        """
        missed = {}
        held = [place for place, fate in enumerate(trial.fates) if not fate.adaptive]
        for name, strike in strikes.checks(trial.contender, self.budget.steps, queries, other).items():
            missed[name] = 0
            for part in self._parts():
                places = torch.tensor([place for place in held if part.start <= place < part.stop])
                if not len(places):
                    continue
                x, goal, _ = self._at(part, trial.contender)
                places = places - part.start
                how = [""] * len(places)
                chosen, left = places.to(x.device), (strike,)
                if self._fell(trial.contender, left, x[chosen], goal.take(chosen), how=how, images=x[chosen]) is None:
                    return None
                missed[name] += sum(map(bool, how))
        return Trial(trial.contender, trial.fates, missed, trial.seconds)

    def _parts(self) -> Iterator[slice]:
        size = self.running.batch or (16 if self.base.device.type == "cpu" else 512)
        for begin in range(0, len(self.data), size):
            yield slice(begin, min(begin + size, len(self.data)))

    def _at(self, part: slice, contender: Contender) -> tuple[Tensor, Goal, Tensor]:
        device = contender.deployed.device
        x, labels = self.data.floats(part).to(device), self.data.labels[part].to(device)
        goal = Untargeted(labels).bind(len(x), len(contender.deployed.labels), labels)
        return x, goal, self.data.rows[part]

    def _given(self, contender: Contender, x: Tensor, goal: Goal, part: slice) -> tuple[Tensor, Tensor]:
        """Pictures `[N, C, H, W]` of somebody who does not know the contender, and which `[N]` of them fool it."""
        strike = strikes.unaware(contender, self.budget.steps)
        if contender.kind is Kind.MASKING:
            return self._run(contender, strike, x, goal)
        if part.start not in self._unaware:
            # Nobody asks the contender here: the pictures are what the undefended network is surest to be wrong on.
            self._unaware[part.start] = self._run(contender, strike, x, goal, judge=self.base, early_stop=False)[0]
        images = self._unaware[part.start]
        return images, votes(contender.deployed, images).margin(goal) > 0

    def _fell(
        self,
        contender: Contender,
        chosen: tuple[Strike, ...],
        x: Tensor,
        goal: Goal,
        *,
        how: list[str],
        images: Tensor,
    ) -> Tensor | None:
        """Put into `how` `[N]` what each picture fell to that has not fallen yet.

        Returns:
            The pictures that did it, or the last that were tried; those of `images` where nothing was. None if
            somebody stopped it.
        """
        images = images.clone()
        for number, strike in enumerate(chosen):
            left = torch.tensor([place for place, already in enumerate(how) if not already], device=x.device)
            if not len(left):
                break
            images[left], success = self._run(
                contender, strike, x[left], goal.take(left), seed=self.budget.seed + number
            )
            for place in left[success].tolist():
                how[place] = strike.name
            if self.running.should_stop():
                return None
        return images

    def _run(
        self,
        contender: Contender,
        strike: Strike,
        x: Tensor,
        goal: Goal,
        *,
        judge: Classifier | None = None,
        early_stop: bool = True,
        seed: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        result = api.attack(
            strike.asked, x, strike.attack, norm=self.budget.norm, eps=self.budget.eps, goal=goal,
            seed=self.budget.seed if seed is None else seed, early_stop=early_stop, max_queries=strike.max_queries,
            judge=judge or contender.deployed, should_stop=self.running.should_stop,
        )  # fmt: skip
        return result.adversarial, result.success


def _suspicions(deployed: Classifier, goal: Goal, *made: Tensor) -> list[Suspicion | None]:
    """What a detector says of clean pictures, of the unaware attacker's and of the other's, each `[N, C, H, W]`."""
    if not isinstance(deployed, Rejecting):
        return [None] * len(made[0])
    said = [votes(deployed, images) for images in made]
    scores = [-one.said[0, :, one.classes] for one in said]
    wrong = [goal.margin(one.logits[0]) > 0 for one in said[1:]]
    columns = zip(*(column.tolist() for column in (*scores, *wrong)), strict=True)
    return [Suspicion(*values) for values in columns]
