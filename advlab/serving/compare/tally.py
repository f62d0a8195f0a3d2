"""One attack of a comparison over several pictures: how many it fools, and what that takes in the middle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from advlab.core.norms import Norm
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.request import CompareRequest
from advlab.serving.outcome import Outcome, Verdict


@dataclass(frozen=True)
class Tally:
    """A line of the table.

    Attributes:
        name: the attack's.
        request: of the whole comparison.
        outcomes: its results, one a picture; none before there are any.
        problem: why there will be none.
    """

    name: str
    request: CompareRequest
    outcomes: tuple[Outcome, ...] = ()
    problem: str | None = None

    @property
    def title(self) -> str:
        """The attack's short name."""
        return Entry(self.name, self.request).title

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Each picture by itself; without results one line that says why."""
        if not self.outcomes:
            return (Entry(self.name, self.request, problem=self.problem),)
        return tuple(Entry(self.name, self.request, outcome) for outcome in self.outcomes)

    @cached_property
    def tried(self) -> tuple[Entry, ...]:
        """Those on which there was something to do: of the others no attack proves anything."""
        return tuple(entry for entry in self.entries if entry.outcome is not None and not _already(entry.outcome))

    @cached_property
    def won(self) -> tuple[Entry, ...]:
        """Those on which it succeeds within the radius."""
        return tuple(entry for entry in self.tried if entry.success)

    @property
    def share(self) -> str:
        """How many it fools, for people; empty before that is known."""
        if not self.outcomes:
            return "no result" if self.problem else ""
        return f"{len(self.won)} of {len(self.tried)}"

    @property
    def fooled(self) -> frozenset[str]:
        """The names of the pictures on which it succeeds."""
        return frozenset(entry.outcome.request.picture for entry in self.won if entry.outcome is not None)

    def size(self, norm: Norm) -> float | None:
        """The median size of the changes that succeed; of a failed try it would say nothing."""
        return _median(self.won, lambda outcome: outcome.norms[norm.value])

    @property
    def similarity(self) -> float | None:
        """The median similarity of the pictures on which it succeeds."""
        return _median(self.won, lambda outcome: outcome.similarity)

    @property
    def queries(self) -> float | None:
        """The median over all that were tried."""
        return _median(self.tried, lambda outcome: outcome.queries)

    @property
    def gradients(self) -> float | None:
        """The median over all that were tried."""
        return _median(self.tried, lambda outcome: outcome.gradients)

    @property
    def seconds(self) -> float | None:
        """Of the whole batch."""
        return sum(outcome.seconds for outcome in self.outcomes) if self.outcomes else None

    @property
    def survives(self) -> str:
        """How many of the successes of the search are still ones after rounding to 8 bits."""
        known = [entry.survives for entry in self.tried if entry.survives is not None]
        return f"{sum(known)} of {len(known)}" if known else ""

    @property
    def sentence(self) -> str:
        """What the numbers do not say."""
        if not self.outcomes:
            return self.problem or ""
        counts = (
            (sum(entry.beyond for entry in self.tried), f"changed by more than {self.request.limit}"),
            (sum(entry.survives is False for entry in self.tried), "lost when rounded to 8 bits"),
            (len(self.entries) - len(self.tried), "there before any attack, and not counted"),
            (sum(one.verdict is Verdict.STOPPED for one in self.outcomes), "stopped before it got there"),
        )
        said = "; ".join(f"{count} {what}" for count, what in counts if count)
        counted = [f"{said}."] if said else []
        return " ".join([*counted, *self.outcomes[0].notes])  # they are about the whole batch


def _already(outcome: Outcome) -> bool:
    return outcome.verdict in (Verdict.ALREADY, Verdict.ALREADY_WRONG)


def _median(entries: Sequence[Entry], of: Callable[[Outcome], float]) -> float | None:
    values = [of(entry.outcome) for entry in entries if entry.outcome is not None]
    return median(values) if values else None
