"""What is told of a picture that was made on other models than the one that it was tried on."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Crafted:
    """How a picture was made on other models than the one that it was then tried on."""

    sources: tuple[str, ...]  # their titles
    victim: str  # and that of the model
    queries: int  # passes through each of the sources, which are nobody's queries
    gradients: int
    fooled: bool  # whether the sources together are fooled by the picture that is given out

    @property
    def made(self) -> str:
        """The whole story in a sentence."""
        return f"Made on {listed(self.sources)}, tried once on {self.victim}."

    @property
    def held(self) -> str:
        """Why the model was not fooled, as far as the sources tell."""
        one = len(self.sources) == 1
        if self.fooled:
            return f"It fools {'the model' if one else 'the models'} that it was made on, and does not carry over."
        return f"It does not fool {'the model' if one else 'the models'} that it was made on, either."

    @property
    def passes(self) -> str:
        """What was spent on the sources, in words."""
        back = f" and {self.gradients:,} back" if self.gradients else ""
        each = "" if len(self.sources) == 1 else "each of "
        return f"{self.queries:,} passes forward{back}, through {each}{listed(self.sources)}"

    @property
    def total(self) -> int:
        """All passes through each of the sources, forward and back."""
        return self.queries + self.gradients


def listed(names: Sequence[str]) -> str:
    """Names as people list them."""
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])
