"""Black-box attacks on one picture, each with the same number of questions: what is bought with how many."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PIL import Image

from advlab import attacks
from advlab.core.attack import Access
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest, Value
from advlab.core.settings import Progress
from advlab.serving import lab
from advlab.serving.compare import lineup
from advlab.serving.outcome import Outcome

# A curve has a new point where the change has become smaller by this share: a chart shows no less.
_STEP = 0.005
# So many race where nobody chose.
_USUAL = 4
_KNOWN = ("square", "simba", "boundary", "hopskipjump", "rays", "pointwise", "sparse_rs")


@dataclass(frozen=True)
class Trail:
    """How far an attack has come.

    Attributes:
        points: numbers of questions, and how large the smallest change was after them that reached the goal.
        asked: questions so far.
        fraction: of the work.
        outcome: what came of it, at its end.
    """

    points: tuple[tuple[int, float], ...] = ()
    asked: int = 0
    fraction: float = 0.0
    outcome: Outcome | None = None

    @property
    def found(self) -> bool:
        """Whether the goal was reached."""
        return bool(self.points)

    def after(self, told: Progress) -> "Trail":
        """It, some questions later."""
        return Trail(self._with(told.queries, told.size, _STEP), told.queries, told.fraction)

    def ended(self, outcome: Outcome) -> "Trail":
        """It, with what came of it."""
        found = outcome.unrounded_norms[outcome.request.norm.value] if outcome.unrounded_success else float("inf")
        return Trail(self._with(outcome.queries, found, 0.0), outcome.queries, 1.0, outcome)

    def _with(self, queries: int, size: float, step: float) -> tuple[tuple[int, float], ...]:
        if not 0 < size < float("inf"):
            return self.points
        smaller = not self.points or size < self.points[-1][1] * (1 - step)
        return (*self.points, (queries, size)) if smaller else self.points


def run(
    asked: AttackRequest,
    image: Image.Image,
    show: Callable[[Trail], None],
    should_stop: Callable[[], bool],
) -> Trail:
    """One attack; `show` is given its trail again and again.

    Raises:
        AdvlabError: a sentence for people.
    """
    trail = Trail()

    def tell(told: Progress) -> None:
        nonlocal trail
        trail = trail.after(told)
        show(trail)

    outcome = lab.run(asked, image, tell, should_stop, frames=0)
    return trail.ended(outcome)


def groups(norm: Norm) -> Mapping[lineup.Group, tuple[str, ...]]:
    """The black-box attacks that work in a norm, by what they see and look for."""
    return {group: names for group, names in lineup.groups(norm).items() if group[0] is not Access.GRADIENT}


def norms() -> tuple[Norm, ...]:
    """Those in which there is a race, the usual one first."""
    return tuple(norm for norm in (Norm.L2, Norm.LINF, Norm.L1, Norm.L0) if groups(norm))


def parameters(name: str, budget: int) -> dict[str, Value]:
    """Those of the papers, with steps enough for the whole budget: who races does not stop before the end."""
    fields = attacks.registry.get(name).model_fields
    own: dict[str, Value] = {key: field.default for key, field in fields.items()}
    steps = fields.get("steps")
    if steps is not None:
        most = next((bound.le for bound in steps.metadata if hasattr(bound, "le")), budget)
        own["steps"] = max(int(steps.default), min(budget, int(most)))
    return own


def usual(norm: Norm) -> tuple[str, ...]:
    """A few that people have heard of; what knows nothing of the model does not race unasked."""
    names = [name for group, members in groups(norm).items() if not group.baseline for name in members]
    known = [name for name in _KNOWN if name in names]
    return tuple(dict.fromkeys([*known, *names]))[:_USUAL]
