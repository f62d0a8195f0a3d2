"""The rounds of a substitute's training: learn, take a step from each picture, ask, learn again."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.meter import Meter
from advlab.core.verdicts import votes
from advlab.models import architectures
from advlab.models.shipped import Count
from advlab.programs.substitution import Collected, Substitution, along, in_8_bits
from advlab.training.augmentation import Augmentation

# Questions at once, so that Stop is heard between them.
_AT_ONCE = 32


@dataclass(frozen=True)
class Round:
    """What a round came to.

    Attributes:
        number: from 1.
        queries: that the attacker had spent by then.
        images: in the attacker's set.
        loss: mean of the last epoch.
        agreement: held-out pictures on which substitute and victim say the same; None without such pictures.
    """

    number: int
    queries: int
    images: int
    loss: float
    agreement: Count | None


@dataclass(frozen=True)
class Progress:
    """How far a training is, after an epoch.

    Attributes:
        rounds: those that are over.
        now: the one under way, as if it were over.
        epoch: of this round, from 1.
        done: the share of all the learning that is over, about.
    """

    rounds: tuple[Round, ...]
    now: Round
    epoch: int
    done: float


class HeldOut:
    """Pictures that nobody learns from, and what the victim says of them: the verifier's questions."""

    def __init__(self, victim: Classifier, images: Tensor | None, look: Callable[[], None]) -> None:
        self._images = torch.empty(0) if images is None else images.to(victim.device)
        answers = []
        for part in torch.split(self._images, _AT_ONCE) if len(self._images) else ():
            look()
            answers.append(votes(victim, part).answer[0])
        self._answers = torch.cat(answers) if answers else None
        self.passes = victim.votes * len(self._images)

    def agreement(self, substitute: Classifier) -> Count | None:
        """On how many of them it says the same; None where there are none."""
        if self._answers is None:
            return None
        said = votes(substitute, self._images).answer[0]
        return Count(correct=int((said == self._answers).sum()), of=len(said))


class Rounds:
    """One substitute in training."""

    def __init__(self, victim: Classifier, meter: Meter, how: Substitution, look: Callable[[], None]) -> None:
        """Begin.

        Args:
            victim: whose classes and input size the substitute has; it is not asked.
            meter: who is asked.
            how: the attacker's choices.
            look: called between batches; what it raises ends the training.
        """
        self._victim, self._meter, self._how, self._look = victim, meter, how, look
        self._generator = torch.Generator().manual_seed(how.seed)
        # A generator has to be where the pictures are.
        self._moves = torch.Generator(victim.device).manual_seed(how.seed)
        self._moving = Augmentation(crop=min(how.shift, min(victim.input_size[1:]) - 1))
        network = architectures.fresh(how.architecture, len(victim.labels), victim.input_size, how.seed)
        self._network = network.to(victim.device)
        self._optimizer = torch.optim.Adam(self._network.parameters(), how.learning_rate)
        self.over: list[Round] = []

    def run(self, seeds: Tensor, held_out: HeldOut, progress: Callable[[Progress], None]) -> None:
        """All the rounds; `over` has those that are finished, whatever ends it."""
        data = self._asked(in_8_bits(seeds.to(self._victim.device)))
        for number in range(1, self._how.rounds + 1):
            for epoch in range(1, self._how.epochs + 1):
                loss = self._learn(data)
                agreement = held_out.agreement(self.classifier())
                now = Round(number, self._meter.asked, len(data), loss, agreement)
                progress(Progress(tuple(self.over), now, epoch, self._done(now, epoch)))
            self.over.append(now)
            if number < self._how.rounds:
                self._grow(data, number)

    def classifier(self) -> Classifier:
        """What the network has become, for good."""
        victim, half = self._victim, (0.5,) * self._victim.input_size[0]
        return Classifier(
            copy.deepcopy(self._network),
            victim.labels,
            victim.input_size,
            name=f"substitute of {victim.name}",
            preprocessing=replace(victim.preprocessing, mean=half, std=half),
        )

    def _grow(self, data: Collected, number: int) -> None:
        """New pictures of those that there are, or of some, drawn at random, as far as the budget goes."""
        rows = torch.randperm(len(data), generator=self._generator)[: self._room(number, len(data))]
        if len(rows) == 0:
            return
        rows = rows.to(data.labels.device)
        made = along(self.classifier(), data.floats(rows), data.labels[rows], self._how.signed(number))
        data.add(self._asked(made))

    def _room(self, number: int, images: int) -> int:
        """How many new pictures may come after a round."""
        most = images if number <= self._how.doubling else min(images, self._how.reservoir)
        remaining = self._meter.remaining
        return most if remaining is None else min(most, remaining)

    def _asked(self, pixels: Tensor) -> Collected:
        """Pictures with what the victim says of them; those that it says nothing of teach nothing."""
        found = Collected.none(self._victim.input_size, len(self._victim.labels), pixels.device)
        for part in torch.split(pixels, _AT_ONCE):
            self._look()
            images = part.float() / 255
            told = self._meter.labels(images) if self._how.answers == "labels" else self._meter.scores(images)
            targets = F.one_hot(told.labels.clamp_min(0), len(self._victim.labels)).float()
            if told.scores is not None:
                targets = told.scores.softmax(1).float()
            kept = told.answered
            found.add(Collected(part[kept], told.labels[kept], targets[kept]))
        return found

    def _learn(self, data: Collected) -> float:
        """Each picture once; the mean loss."""
        self._network.train()
        total = 0.0
        order = torch.randperm(len(data), generator=self._generator)
        for part in torch.split(order, self._how.batch_size):
            self._look()
            rows = part.to(data.labels.device)
            x = self._moving(data.floats(rows), self._moves)
            loss = F.cross_entropy(self._network(2 * x - 1), data.targets[rows])
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            total += float(loss.detach()) * len(rows)
        return total / max(1, len(data))

    def _done(self, now: Round, epoch: int) -> float:
        """The share of all that is learned, if no picture stands still; later rounds have more of it."""
        sizes = [one.images for one in self.over] + [now.images]
        most = self._how.most_queries
        for number in range(now.number, self._how.rounds):
            added = sizes[-1] if number <= self._how.doubling else min(sizes[-1], self._how.reservoir)
            sizes.append(sizes[-1] + added if most is None else min(sizes[-1] + added, max(most, sizes[-1])))
        over = sum(sizes[: now.number - 1]) + now.images * epoch / self._how.epochs
        return over / max(1, sum(sizes))
