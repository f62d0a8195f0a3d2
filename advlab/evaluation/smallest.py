"""The smallest radius at which an attack succeeds on one picture."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from torch import Tensor

from advlab import api
from advlab.core import norms
from advlab.core.attack import Attack, Objective
from advlab.core.boundary import between
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.norms import Norm
from advlab.core.result import AttackResult
from advlab.core.service import OPEN, Service
from advlab.core.settings import Progress
from advlab.core.verdicts import votes
from advlab.errors import InputError

# How much the radius grows as long as nothing succeeds.
_FACTOR = 4.0
# How far below a success the next try is, in tolerances: what was followed back is seldom far from the smallest.
_STRIDE = 3.0
# Tries that are left, roughly, as long as no radius is known that holds.
_OPEN = 4.0
# The first radius where nobody says one, and the smallest that is looked at, as shares of the largest there is.
_FIRST, _FINEST = 1 / 64, 1e-5


@dataclass(frozen=True)
class Smallest:
    """What is known of the smallest radius.

    Attributes:
        norm: in which it is measured, on the picture in [0, 1] and before rounding to 8 bits.
        radius: the size of the smallest change that was found to succeed; infinite where none did.
        held: the largest radius below it at which the attack was tried and failed; 0 where none was.
        tries: how often the attack was run.
        queries, gradients: of all tries, and of the walks back to the clean picture.
        verifications: forward passes that judged what the tries found.
        fraction: how much of the search is done, as far as one can tell.
        already: whether the clean picture is beyond the goal without any change.
        stopped: whether somebody stopped it.
        adversarial: `[1, C, H, W]`, the picture at that distance.
    """

    norm: Norm
    radius: float = math.inf
    held: float = 0.0
    tries: int = 0
    queries: int = 0
    gradients: int = 0
    verifications: int = 0
    fraction: float = 0.0
    already: bool = False
    stopped: bool = False
    adversarial: Tensor | None = field(default=None, repr=False)


def smallest_radius(
    classifier: Classifier,
    x: Tensor,
    attack: Attack,
    *,
    norm: Norm,
    goal: Goal | None = None,
    first: float | None = None,
    tolerance: float = 0.02,
    seed: int = 0,
    max_queries: int | None = None,
    service: Service = OPEN,
    progress: Callable[[Smallest], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Smallest:
    """Search it, by bisection over radii; an attack that minimises by itself is run once.

    What was found is used again: a success is followed back towards the clean picture as far as it still succeeds,
    and its size there, not the radius that was allowed, is where the next try begins from.

    Args:
        classifier: from `advlab.load` or `advlab.wrap`.
        x: one image `[1, C, H, W]` in [0, 1].
        attack: the attack with its parameters.
        norm: one of the attack's.
        goal: as `advlab.attack` takes it.
        first: the radius to begin with.
        tolerance: how much larger than a radius that failed the result may be, as a share of it.
        seed: of every try.
        max_queries: the attacker's forward passes in each try.
        service: what stands before the model, as `advlab.attack` takes it.
        progress: called after each try and while one is under way.
        should_stop: asked between chunks of work; True ends the search with what is known.

    Raises:
        ParameterError, ThreatError, InputError: each with a sentence that says what to do.
    """
    if len(x) != 1:
        raise InputError(f"The smallest radius is searched for one picture, not for {len(x)}.")
    search = _Search(classifier, x, attack, Smallest(norm), tolerance, progress, should_stop)
    return search.result(goal, first, seed, max_queries, service)


class _Search:
    """One search: what is known so far, and who watches."""

    def __init__(  # noqa: PLR0917 - called once, just above
        self,
        classifier: Classifier,
        x: Tensor,
        attack: Attack,
        known: Smallest,
        tolerance: float,
        progress: Callable[[Smallest], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._classifier, self._attack, self._known = classifier, attack, known
        self._x = x.detach().to(classifier.device, classifier.dtype)
        self._tolerance, self._progress, self._should_stop = tolerance, progress, should_stop
        room = norms.size(self._x.maximum(1 - self._x), known.norm)
        self._farthest = float(room)
        self._stride = _STRIDE * tolerance

    def result(
        self, goal: Goal | None, first: float | None, seed: int, max_queries: int | None, service: Service
    ) -> Smallest:
        minimal = self._attack.objective is Objective.MINIMAL
        radius = None if minimal else min(first or self._farthest * _FIRST, self._farthest)
        while not (self._known.stopped or self._known.already):
            found = api.attack(
                self._classifier, self._x, self._attack, norm=self._known.norm, eps=radius, goal=goal, seed=seed,
                max_queries=max_queries, service=service, progress=self._within, should_stop=self._should_stop,
            )  # fmt: skip
            self._learn(found, radius)
            radius = None if minimal else self._next()
            if radius is None:
                break
            self._tell()
        self._known = replace(self._known, fraction=1.0)
        self._progress(self._known)
        return self._known

    def _learn(self, found: AttackResult, radius: float | None) -> None:
        """What a try says of the radius, and what it cost."""
        known = self._known
        self._known = replace(
            known,
            tries=known.tries + 1,
            queries=known.queries + int(found.queries[0]),
            gradients=known.gradients + int(found.gradients[0]),
            verifications=known.verifications + int(found.verifications[0]),
            already=bool(found.already[0]),
            stopped=found.stopped,
        )
        if self._known.already:
            self._known = replace(self._known, radius=0.0, adversarial=self._x)
        elif bool(found.success[0]):
            self._shorten(found)
        elif radius is not None and not found.stopped:
            self._known = replace(self._known, held=radius)

    def _shorten(self, found: AttackResult) -> None:
        """Follow a success back along the line to the clean picture, which takes few queries and no try."""
        norm, best = self._known.norm, found.adversarial
        size = float(found.norms[norm.value][0])
        low, high = min(1.0, self._known.held / max(size, 1e-12)), 1.0
        while norm is not Norm.L0 and high > low + self._tolerance / 4 * high:  # L0: half a change is as many pixels
            if self._should_stop():
                self._known = replace(self._known, stopped=True)
                break
            middle = (low + high) / 2
            point = between(self._x, found.adversarial, self._x.new_tensor([middle]), norm)
            said = votes(self._classifier, point)
            self._known = replace(self._known, queries=self._known.queries + len(said))
            if float(said.margin(found.goal)[0]) > 0:
                high, best = middle, point
            else:
                low = middle
        size = float(norms.size(best - self._x, norm)[0])
        if size < self._known.radius:
            self._stride *= 2 if math.isfinite(self._known.radius) else 1
            self._known = replace(self._known, radius=size, adversarial=best)

    def _next(self) -> float | None:
        """The radius to try next; None where the search is over."""
        low, high = self._known.held, self._known.radius
        if math.isinf(high):
            return None if low >= self._farthest else min(low * _FACTOR, self._farthest)
        if self._left() <= 0:
            return None
        radius = max(math.sqrt(low * high), high / (1 + self._stride))
        return max(low + 1, math.floor(radius)) if self._known.norm is Norm.L0 else radius

    def _left(self) -> float:
        """About how many tries are left."""
        low, high = self._known.held, self._known.radius
        if math.isinf(high):
            return _OPEN
        if high <= self._farthest * _FINEST or (self._known.norm is Norm.L0 and high <= low + 1):
            return 0.0
        if not low:
            return _OPEN
        ratio = math.log(max(high / low, 1.0)) / math.log1p(self._tolerance)
        return max(0.0, math.log2(ratio)) if ratio > 0 else 0.0

    def _tell(self, within: float = 0.0, asked: int = 0) -> None:
        """How far it is: the share of the present try that is done, and what was asked in it."""
        known, left = self._known, 1.0 if self._attack.objective is Objective.MINIMAL else max(1.0, self._left())
        done = min(0.99, (known.tries + within) / (known.tries + left))
        self._known = replace(known, fraction=max(known.fraction, done))
        self._progress(replace(self._known, queries=known.queries + asked))

    def _within(self, progress: Progress) -> None:
        self._tell(progress.fraction, progress.queries)
