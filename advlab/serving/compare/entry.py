"""One attack of a comparison: what came of it, judged by what counts as a success for all of them."""

from dataclasses import dataclass

import torch

from advlab.core import norms
from advlab.serving import notes
from advlab.serving.compare.request import CompareRequest
from advlab.serving.outcome import Outcome, sentence, size

_TOO_LARGE = "TOO LARGE"
_DRAWN = "It started from a picture that was drawn with the model’s gradient."


@dataclass(frozen=True)
class Entry:
    """A line of the table.

    Attributes:
        name: the attack's.
        request: of the whole comparison.
        outcome: its result; None before there is one.
        problem: why there will be none.
    """

    name: str
    request: CompareRequest
    outcome: Outcome | None = None
    problem: str | None = None

    @property
    def title(self) -> str:
        """The attack's short name."""
        name = notes.attack(self.request.of(self.name))
        return f"{name} by transfer" if self.request.crafts(self.name) else name

    @property
    def size(self) -> float:
        """Of the change in the comparison's norm; 0 before there is one."""
        return 0.0 if self.outcome is None else self.outcome.norms[self.request.norm.value]

    @property
    def amount(self) -> str:
        """The size for people, in one piece."""
        return f"{self.request.norm.symbol}\u00a0{size(self.request.norm, self.size)}"

    @property
    def queries(self) -> int:
        """How often it asked; 0 before there is a result."""
        return 0 if self.outcome is None else self.outcome.queries

    @property
    def beyond(self) -> bool:
        """Whether it succeeds with a larger change than is allowed: only one that searches without a radius can."""
        if self.outcome is None or not self.outcome.verdict.success:
            return False
        return not bool(norms.within(torch.tensor(self.size), torch.tensor(self.request.eps)))

    @property
    def success(self) -> bool:
        """Whether it succeeds within the radius, as a file that was opened again."""
        return self.outcome is not None and self.outcome.verdict.success and not self.beyond

    @property
    def survives(self) -> bool | None:
        """Whether what the search found still succeeds after rounding to 8 bits; None where it found nothing."""
        if self.outcome is None or not self.outcome.unrounded_success:
            return None
        return self.outcome.verdict.success

    @property
    def word(self) -> str:
        """The verdict in a word, with its sign."""
        if self.outcome is None:
            return "! NO RESULT" if self.problem else ""
        return f"≫ {_TOO_LARGE}" if self.beyond else notes.word(self.outcome)

    @property
    def kind(self) -> str:
        """Whose colour it has."""
        if self.outcome is None:
            return "neutral"
        return "clean" if self.beyond else self.outcome.verdict.kind

    @property
    def sentence(self) -> str:
        """What happened."""
        if self.outcome is None:
            return self.problem or ""
        said = (
            f"It succeeds with {self.amount}, more than {self.request.limit}."
            if self.beyond
            else sentence(self.outcome)
        )
        return " ".join([said, *([_DRAWN] if self.outcome.drawn_start else []), *self.outcome.notes])
