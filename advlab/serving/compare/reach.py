"""How far an attack has to go: its smallest radius, as plain data for pages and the terminal."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from advlab import models
from advlab.core.goals import Goal, Targeted, Untargeted
from advlab.core.norms import Norm
from advlab.evaluation.smallest import Smallest, smallest_radius
from advlab.serving.compare.request import CompareRequest
from advlab.serving.lab import taken
from advlab.serving.outcome import size


@dataclass(frozen=True)
class Reach:
    """What is known of an attack's smallest radius; the fields are those of `evaluation.smallest.Smallest`."""

    norm: Norm
    radius: float
    held: float
    tries: int
    queries: int
    gradients: int
    fraction: float
    already: bool
    stopped: bool

    @property
    def known(self) -> bool:
        """Whether it succeeded at all."""
        return self.radius < float("inf")

    @property
    def words(self) -> str:
        """The radius for people."""
        if self.already:
            return "none is needed"
        if self.known:
            return size(self.norm, self.radius)
        if self.held:
            return f"over {size(self.norm, self.held)}"
        return "stopped" if self.stopped else "not found"


def reach(
    request: CompareRequest,
    name: str,
    picture: Image.Image,
    show: Callable[[Reach], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Reach:
    """Search the smallest radius at which one attack of a comparison succeeds, on the same terms.

    Raises:
        AdvlabError: a sentence for people.
    """
    classifier = models.load(request.model)
    goal: Goal = Untargeted(request.truth) if request.target is None else Targeted(request.target)
    found = smallest_radius(
        classifier, taken(classifier, picture, exact=request.exact),
        request.kind(name).configured(request.attacks[name]),
        norm=request.norm, goal=goal, first=request.eps, seed=request.seed, max_queries=request.max_queries,
        service=request.of(name).service, progress=lambda known: show(_plain(known)), should_stop=should_stop,
    )  # fmt: skip
    return _plain(found)


def _plain(known: Smallest) -> Reach:
    return Reach(
        known.norm, known.radius, known.held, known.tries, known.queries, known.gradients, known.fraction,
        known.already, known.stopped,
    )  # fmt: skip
