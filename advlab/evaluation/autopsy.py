"""Gradient masking, laid open: what is wrong with a network's gradient, and the attacks that do without it.

Reference: Athalye, Carlini, Wagner: Obfuscated gradients give a false sense of security, ICML 2018, arXiv 1802.00420,
whose signs of masking are looked for here: black-box attacks better than white-box ones, one step better than many,
gradients that are zero, random directions as good as the gradient's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from advlab import api, attacks
from advlab.core import losses
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal, Untargeted
from advlab.core.memory import in_chunks
from advlab.core.randomness import Noise
from advlab.evaluation import strikes
from advlab.evaluation.contender import Contender
from advlab.evaluation.running import Running
from advlab.evaluation.strikes import Strike
from advlab.evaluation.testset import TestSet
from advlab.evaluation.trial import Budget
from advlab.models.shipped import Count

# Random directions, and points along each line, which is twice the radius long.
_RANDOM, _POINTS = 10, 41


@dataclass(frozen=True)
class Gradients:
    """What the textbook's loss gives an attacker at clean pictures.

    Attributes:
        dead: pictures whose gradient is exactly zero in every pixel.
        leads: the largest logit's lead over the second `[N]`; beyond 17 float32 takes the probability for one.
    """

    dead: Count
    leads: np.ndarray


@dataclass(frozen=True)
class Lines:
    """The textbook's loss of one picture along lines.

    Attributes:
        lengths: `[T]` in the norm of the budget.
        along: `[T]`, along the sign of the gradient of who knows the defense.
        random: `[R, T]`, along random signs.
    """

    lengths: np.ndarray
    along: np.ndarray
    random: np.ndarray


@dataclass(frozen=True)
class Stage:
    """An attack, and what is still right after it and all before it."""

    name: str
    what: str
    left: Count


@dataclass(frozen=True)
class Autopsy:
    """What was found so far; None of what is not there yet."""

    contender: Contender
    gradients: Gradients | None = None
    bare: Gradients | None = None
    lines: Lines | None = None
    stages: tuple[Stage, ...] = ()

    @property
    def apparent(self) -> Count | None:
        """What the usual evaluation believes: PGD with the textbook's loss, on the model as it is."""
        return next((stage.left for stage in self.stages if stage.name == USUAL), None)


USUAL = "PGD, textbook loss"


def examine(contender: Contender, data: TestSet, budget: Budget, running: Running | None = None) -> Iterator[Autopsy]:
    """One finding after the other.

    Args:
        contender: the defended network.
        data: labelled pictures.
        budget: of the attacks.
        running: who may stop it.
    """
    running = running or Running()
    x, labels = data.floats(slice(None)).to(contender.deployed.device), data.labels.to(contender.deployed.device)
    goal = Untargeted(labels).bind(len(x), len(contender.deployed.labels), labels)
    found = Autopsy(contender, _gradients(contender.deployed, x, goal), _gradients(contender.base, x, goal))
    yield found
    yield (found := replace(found, lines=_lines(contender, x[:1], goal.take(slice(0, 1)), budget)))
    with torch.no_grad():
        (answer,) = in_chunks(len(x), contender.deployed, lambda part: (contender.deployed(x[part]).argmax(1),))
    alive = (answer == labels).nonzero().squeeze(1)
    of = len(x)
    yield (found := replace(found, stages=(Stage("Clean", "No attack.", Count(correct=len(alive), of=of)),)))
    for name, what, chosen in _stages(contender, budget):
        for strike in chosen:
            if len(alive) == 0:
                break
            result = api.attack(
                strike.asked, x[alive], strike.attack, norm=budget.norm, eps=budget.eps, goal=goal.take(alive),
                seed=budget.seed, judge=contender.deployed, should_stop=running.should_stop,
            )  # fmt: skip
            if result.stopped:
                return
            alive = alive[~result.success]
        stage = Stage(name, what, Count(correct=len(alive), of=of))
        yield (found := replace(found, stages=(*found.stages, stage)))


def _stages(contender: Contender, budget: Budget) -> Iterator[tuple[str, str, tuple[Strike, ...]]]:
    deployed, pgd, steps = contender.deployed, attacks.registry.get("pgd"), budget.steps
    textbook = pgd.configured({"steps": steps, "loss": "textbook"})
    steady = tuple(pgd.configured({"steps": steps, "loss": loss}) for loss in ("cross_entropy", "margin"))
    one = pgd.configured({"steps": 1, "step_size": budget.eps, "random_start": False, "loss": "textbook"})
    yield "One step", "FGSM up the textbook's loss: the cheapest check.", (Strike(deployed, one, "FGSM"),)
    yield USUAL, "What most evaluations report.", (Strike(deployed, textbook, USUAL),)
    yield (
        "A loss that cannot saturate", "The same steps up the rescaled logits, then up the margin.",
        tuple(Strike(deployed, attack, "PGD") for attack in steady),
    )  # fmt: skip
    yield "Around the defense", contender.through, strikes.adaptive(contender, steps)
    away = Strike(contender.base, steady[0], "Transfer")
    yield (
        "Without its gradient", "Pictures made on the undefended network, then Square, which sees scores alone.",
        (away, strikes.square(contender, 300)),
    )  # fmt: skip


def _gradients(classifier: Classifier, x: Tensor, goal: Goal) -> Gradients:
    def work(part: slice) -> tuple[Tensor, ...]:
        images = x[part].clone().requires_grad_()
        with torch.enable_grad():
            logits = classifier(images)
            (gradient,) = torch.autograd.grad(losses.textbook_cross_entropy(logits, goal.take(part)).sum(), images)
        best = logits.detach().topk(2, 1).values
        return gradient.flatten(1).abs().amax(1) == 0, best[:, 0] - best[:, 1]

    dead, leads = in_chunks(len(x), classifier, work, backward=True)
    return Gradients(Count(correct=int(dead.sum()), of=len(x)), leads.double().cpu().numpy())


def _lines(contender: Contender, x: Tensor, goal: Goal, budget: Budget) -> Lines:
    image = x.clone().requires_grad_()
    with torch.enable_grad():
        loss = losses.cross_entropy(contender.known(image), goal)
        (gradient,) = torch.autograd.grad(loss.sum(), image)
    signs = Noise.of(budget.seed, x).repeated(_RANDOM).normal(x.shape[1:]).to(x).sign()
    scale = 1.0 if budget.norm.value == "linf" else float(x[0].numel()) ** -0.5
    lengths = torch.linspace(0, 2 * budget.eps, _POINTS, device=x.device)
    directions = torch.cat((gradient.sign(), signs)) * scale
    images = (x + lengths.view(1, -1, 1, 1, 1) * directions.unsqueeze(1)).clamp(0, 1).flatten(0, 1)
    with torch.no_grad():
        everywhere = Untargeted(goal.index.expand(len(images)))

        def work(part: slice) -> tuple[Tensor, ...]:
            return (losses.textbook_cross_entropy(contender.deployed(images[part]), everywhere.take(part)),)

        (values,) = in_chunks(len(images), contender.deployed, work)
    table = values.double().cpu().numpy().reshape(len(directions), _POINTS)
    return Lines(lengths.cpu().numpy(), table[0], table[1:])
