"""A substitute of a page's model, trained while somebody watches, and what attacks on it do to the model."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from PIL import Image
from pydantic import Field
from torch import Tensor

from advlab import attacks, models
from advlab.analysis.ticking import Tick
from advlab.core.asked import Asked
from advlab.core.classifier import Classifier
from advlab.core.verdicts import votes
from advlab.errors import InputError
from advlab.models.shipped import Count
from advlab.programs import Progress, Round, Substitute, Substitution, train_substitute, unfit
from advlab.programs.transfer import Transfer, transfer
from advlab.serving.blackbox import seeds as pictures
from advlab.serving.defend.sets import DRAWINGS, Brought
from advlab.serving.exports import copied
from advlab.serving.lab import opinion, taken
from advlab.serving.outcome import Opinion
from advlab.serving.stopping import last_of

# Pictures that are attacked, of those that the attacker began with.
_ATTACKED = 100
# Of the whole time, what learning takes, about.
_LEARNING = 0.7


class SubstituteRequest(Asked):
    """A substitute to be trained and attacked; `picture` is attacked too.

    Attributes:
        pictures: names the set that the attacker begins with: "drawings", or "set:" and a digest.
        seeds: how many of them.
        rounds, epochs, step, period, doubling, reservoir, answers, most_queries, seed: see `Substitution`.
        attacks: names of those that see gradients.
        eps: their radius in L∞.
    """

    pictures: str = DRAWINGS
    seeds: int = Field(150, ge=1, le=1000)
    rounds: int = Field(6, ge=1, le=12)
    epochs: int = Field(10, ge=1, le=100)
    step: float = Field(0.1, gt=0, le=1)
    period: int | None = Field(None, ge=1)
    doubling: int = Field(3, ge=0)
    reservoir: int = Field(400, ge=1)
    answers: Literal["labels", "scores"] = "labels"
    most_queries: int = Field(6400, ge=1, le=20_000)
    attacks: tuple[str, ...] = ("fgsm", "mi_fgsm", "pgd")
    eps: float = Field(gt=0, le=1)
    seed: int = Field(0, ge=0, lt=2**31)

    @property
    def how(self) -> Substitution:
        """The attacker's choices."""
        names = ("rounds", "epochs", "step", "period", "doubling", "reservoir", "answers", "most_queries", "seed")
        return Substitution.checked(**{name: getattr(self, name) for name in names})


@dataclass(frozen=True)
class Single:
    """What an attack made of one picture: pixels `[H, W, C]`, and what the victim and the substitute say of them."""

    pixels: np.ndarray
    says: Opinion
    copy_says: Opinion
    fooled: bool


@dataclass(frozen=True)
class Attacked:
    """One attack: over the pictures to begin with, and on the visitor's own."""

    attack: str
    title: str
    eps: float
    on_itself: Count | None
    on_victim: Count
    ceiling: Count
    single: Single


@dataclass(frozen=True)
class Copied:
    """What is known so far.

    Attributes:
        request: what was asked for.
        title: of the victim.
        rule: what the seeds are.
        others: what agreement is measured on.
        seeds: how many there are; fewer than were asked for where a visitor's set is small.
        rounds: those that are over.
        now: the one under way.
        clean: the visitor's picture and what both say of it, as soon as there is a substitute.
        attacked: what attacks came to.
        weights: of the substitute, as a file of safetensors that says how it is used.
        done: the share of everything that is done.
        stopped: whether somebody ended it early.
    """

    request: SubstituteRequest
    title: str
    rule: str
    others: str
    seeds: int
    rounds: tuple[Round, ...] = ()
    now: Round | None = None
    clean: Single | None = None
    attacked: tuple[Attacked, ...] = ()
    weights: bytes | None = None
    done: float = 0.0
    stopped: bool = False

    @property
    def points(self) -> tuple[Round, ...]:
        """All that can be drawn, the round under way last."""
        return self.rounds if self.now is None else (*self.rounds, self.now)

    @property
    def agrees(self) -> str:
        """How far it agrees, and what that took."""
        last = self.points[-1] if self.points else None
        if last is None or last.agreement is None:
            return "The copy has not learned anything yet"
        share = f"{last.agreement.share:.0%} of {self.others}"
        return f"The copy agrees with the victim on {share} after {last.queries:,} questions"

    @property
    def fools(self) -> str:
        """What the best attack on it does to the victim; nothing while none was made."""
        best = max((one.on_victim.share for one in self.attacked), default=None)
        return "" if best is None else f"an attack made on it alone fools the victim on {best:.0%}"

    @property
    def sentence(self) -> str:
        """What it comes to."""
        return f"{self.agrees}; {self.fools}." if self.attacked else f"{self.agrees}."


def learn(
    request: SubstituteRequest,
    picture: Image.Image,
    brought: Brought | None,
    show: Callable[[Copied], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Copied | None:
    """Train it, then attack; what is there when somebody stops it, None if there is nothing yet.

    Args:
        request: the question.
        picture: the visitor's.
        brought: the visitor's set; None: drawings.
        show: called with what is known, again and again.
        should_stop: asked often.

    Raises:
        AdvlabError: a sentence.
    """

    def work(tick: Tick) -> Iterator[Copied]:
        card = models.card(request.model)
        reason = unfit(len(card.labels()), max(card.input_size[1:]))
        if reason is not None:
            raise InputError(reason)
        victim = models.load(request.model)
        begin = pictures.seeds(victim, request.seeds, brought)
        x = taken(victim, picture, exact=request.exact)
        tick()
        found = Copied(request, card.title, begin.rule, begin.others, len(begin.images))

        def tell(progress: Progress) -> None:
            nonlocal found
            found = replace(found, rounds=progress.rounds, now=progress.now, done=_LEARNING * progress.done)
            show(found)

        made = train_substitute(
            victim, begin.images, request.how, held_out=begin.held_out, progress=tell, should_stop=should_stop
        )
        yield (found := _trained(found, made, victim, x))
        if not made.stopped:
            batch = torch.cat((begin.images[:_ATTACKED].to(victim.device), x.to(victim.device)))
            yield from _attacked(found, victim, made.classifier, batch, should_stop)

    return last_of(work, show, should_stop)


def _trained(found: Copied, made: Substitute, victim: Classifier, x: Tensor) -> Copied:
    now = found.now if made.stopped and len(made.rounds) < len(found.points) else None
    return replace(
        found, rounds=made.rounds, now=now, clean=_single(victim, made.classifier, x[0], x[0]),
        weights=copied.weights(made.classifier, found.request.how.architecture), stopped=made.stopped,
    )  # fmt: skip


def _attacked(
    found: Copied, victim: Classifier, made: Classifier, batch: Tensor, should_stop: Callable[[], bool]
) -> Iterator[Copied]:
    """After each attack; the visitor's picture is the last of the batch and not counted."""
    request = found.request
    for number, name in enumerate(request.attacks, start=1):
        one = transfer(victim, made, batch, name, request.eps, seed=request.seed, should_stop=should_stop)
        if one is None:
            yield replace(found, stopped=True)
            return
        row = _row(one, victim, made, batch)
        done = _LEARNING + (1 - _LEARNING) * number / len(request.attacks)
        yield (found := replace(found, attacked=(*found.attacked, row), done=done))


def _row(one: Transfer, victim: Classifier, made: Classifier, batch: Tensor) -> Attacked:
    rest = one.take(slice(0, len(batch) - 1))
    return Attacked(
        one.attack, attacks.available()[one.attack].title, one.eps, rest.on_itself, rest.on_victim, rest.ceiling,
        _single(victim, made, batch[-1], one.adversarial[-1]),
    )  # fmt: skip


def _single(victim: Classifier, made: Classifier, clean: Tensor, image: Tensor) -> Single:
    both = torch.stack((clean, image)).to(victim.device)
    before, after = (opinion(victim, shares) for shares in votes(victim, both).shares)
    pixels = (image * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return Single(pixels, after, opinion(made, votes(made, both).shares[1]), after.index != before.index)
