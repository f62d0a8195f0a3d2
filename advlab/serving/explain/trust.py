"""How far an explanation can be trusted, in numbers and in a sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from PIL import Image

from advlab.analysis import attribution, trust
from advlab.analysis.ticking import Tick
from advlab.serving.explain.explanation import Explanation, ask
from advlab.serving.outcome import Outcome, percent
from advlab.serving.stopping import last_of

# An explanation is of use if it leaves this part, or less, of what an even one leaves unexplained.
_BETTER = 0.9
# It is stable if it moves by less than this part of its size.
_STABLE = 0.25


@dataclass(frozen=True)
class Trust:
    """What was found.

    Attributes:
        unexplained: which part of what happens when the picture changes the explanation does not foretell; None where
            nothing happens.
        even: the same for an explanation that finds all places equally important.
        moves: how far it moves, relative to its size, when no value changes by more than 5/255; None where it is empty.
    """

    unexplained: float | None
    even: float | None
    moves: float | None

    @property
    def foretells(self) -> bool:
        """Whether it says more about where than an even explanation."""
        return self.unexplained is not None and self.unexplained < _BETTER * (1 if self.even is None else self.even)

    @property
    def stable(self) -> bool:
        """Whether it stays nearly the same."""
        return self.moves is not None and self.moves < _STABLE

    @property
    def badge(self) -> str:
        """In a few words, with a sign."""
        if self.foretells and self.stable:
            return "✓ Says where better than an even map, and is stable"
        if self.foretells:
            return "! Says where better than an even map, but is not stable"
        if self.stable:
            return "! Stable, but hardly better than an even map"
        return "✕ Hardly better than an even map, and not stable"

    @property
    def sentence(self) -> str:
        """The numbers behind it."""
        said = []
        if self.unexplained is not None:
            even = "" if self.even is None else f"; a map that is the same everywhere leaves {percent(self.even)}"
            said.append(
                f"When squares of the picture are covered, it leaves {percent(self.unexplained)} of what happens to "
                f"the score unexplained{even} (infidelity, Yeh et al. 2019)."
            )
        if self.moves is not None:
            said.append(
                f"It moves by {percent(self.moves)} of its own size when no value changes by more than 5/255 "
                f"(sensitivity; less than {_STABLE:.0%} counts as stable)."
            )
        return " ".join(said)


def measure(
    found: Explanation, picture: Image.Image, outcome: Outcome | None, should_stop: Callable[[], bool] = lambda: False
) -> Trust | None:
    """Measure it; None if somebody stops it."""
    return last_of(lambda tick: _measured(found, picture, outcome, tick), should_stop=should_stop)


def _measured(found: Explanation, picture: Image.Image, outcome: Outcome | None, tick: Tick) -> Iterator[Trust]:
    question = replace(ask(found.request, picture, outcome), tick=tick, window=found.window)
    infidelity = trust.infidelity(question, found.attribution)
    moves = trust.sensitivity(question, attribution.METHODS[found.request.method])
    yield Trust(infidelity.unexplained, infidelity.even, moves)
