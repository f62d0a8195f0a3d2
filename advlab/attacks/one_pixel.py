"""One pixel, or a few: differential evolution over places and colors, on scores only."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import ScoreOracle
from advlab.core.randomness import Noise

# How many numbers of pictures are held in memory at once.
_VALUES = 2**25


@dataclass(frozen=True)
class OnePixelState(State):
    """The population: of each candidate its pixels, as row, column and color in [0, 1]; and how good it is."""

    genes: Tensor  # [n, P, k, 2 + C]
    fitness: Tensor  # [n, P]


@register
class OnePixel(StepwiseAttack):
    """Lets a population of candidates, each of one pixel or a few, breed: what is fitter replaces its parent.

    A candidate is ε pixels, each with a place and a color: 1, 3 or 5 in the paper. A child is one of the others plus
    `factor` times the difference of two more; there is no crossover. Every step asks about the whole population.

    Reference: Su, Vargas, Sakurai: One pixel attack for fooling deep neural networks, IEEE Transactions on Evolutionary
    Computation 2019, arXiv 1710.08864. Departures: (1) fitness is the margin, not a probability, which is one to
    all digits where the network is sure; (2) what leaves the picture or the range of colors comes back to its edge.
    """

    name: ClassVar[str] = "one_pixel"
    title: ClassVar[str] = "One pixel · differential evolution"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L0,)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(
        100, "Generations", "Each asks about the whole population.", ge=1, le=10_000, widget=Widget(1, 100, initial=10)
    )
    population: int = param(400, "Population", "Candidates.", ge=4, le=10_000, widget=Widget(10, 400, 10, initial=50))
    factor: float = param(0.5, "Factor", "How much of a difference is added.", gt=0, le=2, widget=Widget(0.1, 1, 0.1))

    def init(self, o: ScoreOracle) -> OnePixelState:
        genes = self._first(o)
        return OnePixelState(step=o.rows * 0, genes=genes, fitness=self._fitness(o, genes))

    def _first(self, o: ScoreOracle) -> Tensor:
        """Places uniform; colors normal around grey, as in the paper."""
        channels, pixels = o.x.shape[1], o.x[0, 0].numel()
        found = []
        for number in range(int(o.eps.clamp(max=pixels).max())):  # each of its own draws: batch-mates may have more
            place = o.noise.uniform((self.population, 2), draw=2 * number)
            color = o.noise.normal((self.population, channels), draw=2 * number + 1) * 0.5 + 0.5
            found.append(torch.cat((place, color), 2).clamp(0, 1))
        if not found:
            return o.x.new_zeros(len(o.x), self.population, 0, 2 + channels)
        return torch.stack(found, 2).to(o.x.dtype)

    def step(self, o: ScoreOracle, s: OnePixelState) -> OnePixelState:
        rows = torch.arange(len(s.genes), device=s.genes.device).unsqueeze(1)
        first, second, third = (s.genes[rows, other] for other in self._others(o.noise.at(int(s.step[0]) + 1)))
        genes = (first + self.factor * (second - third)).clamp_(0, 1)
        fitness = self._fitness(o, genes)
        fitter = fitness > s.fitness
        return OnePixelState(
            step=s.step + 1,
            genes=torch.where(fitter[..., None, None], genes, s.genes),
            fitness=torch.where(fitter, fitness, s.fitness),
        )

    def _others(self, noise: Noise) -> tuple[Tensor, Tensor, Tensor]:
        """For each candidate three others `[n, P]`, all different."""
        left = torch.arange(self.population - 1, self.population - 4, -1, device=noise.keys.device).unsqueeze(1)
        one, two, three = (noise.uniform((3, self.population)) * left).long().unbind(1)
        # What is drawn from those that are left becomes a place among all.
        two = two + (two >= one)
        low, high = torch.minimum(one, two), torch.maximum(one, two)
        three = three + (three >= low)
        three = three + (three >= high)
        own = torch.arange(self.population, device=one.device) + 1
        return (own + one) % self.population, (own + two) % self.population, (own + three) % self.population

    def _fitness(self, o: ScoreOracle, genes: Tensor) -> Tensor:
        """The margin of each candidate `[n, P]`; minus infinity where the budget was used up."""
        row = torch.arange(len(genes), device=genes.device).repeat_interleave(self.population)
        found = []
        size = max(1, _VALUES // o.x[0].numel())
        for part, rows in zip(torch.split(genes.flatten(0, 1), size), torch.split(row, size), strict=True):
            reply = o.logits(_images(o, part, rows), rows)
            margin = losses.margin(reply.logits, o.goal.take(rows))
            found.append(torch.where(reply.granted, margin, -torch.inf))
        return torch.cat(found).reshape(len(genes), -1)

    def done(self, s: OnePixelState) -> Tensor:
        return s.step >= self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = (self.steps + 1) * self.population
        return min(queries, budget or queries), 0


def _images(o: ScoreOracle, genes: Tensor, row: Tensor) -> Tensor:
    """The pictures of candidates `[Q, k, 2 + C]`; of two pixels in one place the later counts."""
    images = o.x[row]
    query = torch.arange(len(row), device=row.device)
    sides = torch.tensor(images.shape[2:], device=row.device)
    for number, gene in enumerate(genes.unbind(1)):
        there = number < o.eps[row].floor()
        down, right = (gene[there, :2] * sides).long().clamp_max(sides - 1).unbind(1)
        images[query[there], :, down, right] = gene[there, 2:]
    return images
