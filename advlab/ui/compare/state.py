"""What a visitor has chosen and got on the page that compares attacks."""

from dataclasses import dataclass, field

from advlab.serving.compare.request import CompareRequest
from advlab.serving.outcome import Outcome
from advlab.ui.series import Series


@dataclass
class ComparisonState:
    """One visitor's comparison."""

    pressed: bool = False  # the button was pressed and is not answered yet
    request: CompareRequest | None = None  # the one that was started
    measured: bool = False  # whether its smallest radii are wanted too
    runs: Series = field(default_factory=Series)
    reaches: Series = field(default_factory=Series)
    address: dict[str, str] | None = None  # the last link that was read or written
    notice: str | None = None

    def found(self, name: str) -> tuple[Outcome, ...]:
        """What an attack brought, a result for each picture; nothing before it has ended."""
        job = self.runs.jobs.get(name)
        return () if job is None or job.value is None else job.value
