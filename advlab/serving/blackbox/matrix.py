"""A transfer matrix: made on a row's network, tried on a column's, and how often that fools it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from advlab import models
from advlab.core.intervals import wilson
from advlab.serving.blackbox.request import TransferRequest
from advlab.serving.crafted import listed

# The row of pictures that are made on all networks but the one that they are tried on.
TOGETHER = "together"
# Below the first a network holds, from the second on it falls.
_HOLDS, _FALLS = 0.1, 0.3
# Smaller differences between two rates of tens of pictures tell nothing.
_TELLING = 0.05


@dataclass(frozen=True)
class Cell:
    """What pictures made on one network do to another.

    Attributes:
        counted: which pictures `[N]` both networks get right, or agree on where nobody knows the truth.
        answers: what the tried network says to each `[N]`.
        fooled: which of the counted ones it gets wrong `[N]`.
        pixels: what it was shown `[n, H, W, C]` uint8, of the first pictures.
    """

    counted: np.ndarray
    answers: np.ndarray
    fooled: np.ndarray
    pixels: np.ndarray

    @property
    def of(self) -> int:
        """How many pictures count."""
        return int(self.counted.sum())

    @property
    def won(self) -> int:
        """How many of these fool it."""
        return int(self.fooled.sum())

    @property
    def share(self) -> float:
        """The rate; NaN where no picture counts."""
        return self.won / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the rate; of something that counts."""
        return wilson(self.won, self.of)


@dataclass(frozen=True)
class Transfer:
    """What is known so far.

    Attributes:
        request: what was asked for.
        rule: which pictures these are, for people.
        labels: names of the classes.
        clean: the first pictures `[n, H, W, C]` uint8.
        total: how many pictures there are.
        known: whether it is known what they show.
        cells: by row and column; the row is a network's name or `TOGETHER`.
        now: the row that is under way.
        done: the share of everything that is done.
    """

    request: TransferRequest
    rule: str
    labels: tuple[str, ...]
    clean: np.ndarray
    total: int
    known: bool
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict)
    now: str = ""
    done: float = 0.0

    @property
    def rows(self) -> tuple[str, ...]:
        """The networks, and all the others together where these are more than one."""
        names = self.request.names
        return (*names, TOGETHER) if len(names) > 2 else names

    @property
    def complete(self) -> bool:
        """Whether nobody stopped it."""
        return len(self.cells) == len(self.rows) * len(self.request.names)

    def title(self, row: str) -> str:
        """What people call a network or a row."""
        return "All the others together" if row == TOGETHER else models.card(row).title

    @property
    def held(self) -> bool:
        """Whether hardly any picture that was made on the model fools another."""
        cells = [cell for name in self.others(self.request.model)
                 if (cell := self.cells.get((self.request.model, name))) is not None and cell.of]  # fmt: skip
        return bool(cells) and _pooled(cells) <= _HOLDS

    def others(self, row: str) -> list[str]:
        """The networks that a row's pictures are tried on without having been made on them."""
        return [name for name in self.request.names if name != row]

    @property
    def sentence(self) -> str:
        """What it comes to, told of the pictures that were made on the model."""
        source = self.request.model
        cells = {name: cell for name in self.others(source) if (cell := self.cells.get((source, name))) and cell.of}
        if not cells:
            return "Nothing is decided yet: no picture that was made on one network has been tried on another."
        said = _alone(cells, self) if self.total == 1 else _over(cells, self)
        return f"{said}{self._together()}"

    def _together(self) -> str:
        """What the ensemble adds, over the same columns as the model's own row."""
        pairs = [(self.cells.get((TOGETHER, name)), self.cells.get((self.request.model, name)))
                 for name in self.others(self.request.model)]  # fmt: skip
        both = [(one, other) for one, other in pairs if one is not None and other is not None and one.of and other.of]
        if self.total == 1 or len(both) < len(pairs):
            return ""
        many, single = _pooled([one for one, _ in both]), _pooled([other for _, other in both])
        if abs(many - single) < _TELLING:
            return ""
        better = "more" if many > single else "less"
        return f" Made on all the others together it fools {better}: {_percent(many)}."


def _alone(cells: Mapping[str, Cell], found: Transfer) -> str:
    """Of one picture: whom it fools."""
    fooled = [found.title(name) for name, cell in cells.items() if cell.won]
    source = found.title(found.request.model)
    if not fooled:
        any_of = "either" if len(cells) == 2 else "any"
        which = (
            "the other network" if len(cells) == 1 else f"{any_of} of the {_number(len(cells))} others that agree on it"
        )
        return f"The picture made on {source} does not fool {which}."
    if len(fooled) == len(cells):
        return f"The picture made on {source} fools {listed(fooled)}, too."
    return f"The picture made on {source} fools {listed(fooled)}, but {_rest(len(cells) - len(fooled))}."


def _rest(count: int) -> str:
    return "not the other one" if count == 1 else f"not the {_number(count)} others"


def _over(cells: Mapping[str, Cell], found: Transfer) -> str:
    """Of many: how often others are fooled, who holds and who falls."""
    whom = "the other network" if len(cells) == 1 else f"the other {_number(len(cells))} networks"
    share, source = _pooled(cells.values()), found.title(found.request.model)
    said = f"A picture made on {source} fools {whom} in {_percent(share)} of cases"
    hold = [name for name, cell in cells.items() if cell.share <= _HOLDS]
    fall = [name for name, cell in cells.items() if cell.share >= _FALLS]
    if hold and len(hold) < len(cells):
        return f"{said}; {listed([found.title(name) for name in hold])} hold{'s' if len(hold) == 1 else ''}."
    if hold and len(cells) > 1:
        return f"{said}: all of them hold."
    if fall and len(fall) < len(cells):
        worst = max(cells, key=lambda name: cells[name].share)
        return f"{said}, {found.title(worst)} in {_percent(cells[worst].share)}."
    return f"{said}."


def _pooled(cells: Collection[Cell]) -> float:
    """The rate over all pictures of these cells."""
    return sum(cell.won for cell in cells) / sum(cell.of for cell in cells)


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _number(count: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[count] if count < len(words) else str(count)
