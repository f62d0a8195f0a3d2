"""A row of the table: what a defense makes of the clean picture, and of two attacks."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from advlab.serving.outcome import Opinion


class Standing(StrEnum):
    """What a row comes to."""

    OPEN = "OPEN"
    WRONG = "WRONG ALREADY"
    SILENT = "NO ANSWER"
    NEITHER = "STOPS NEITHER"
    UNAWARE = "ONLY THE UNAWARE"
    HELD = "HELD HERE"


@dataclass(frozen=True)
class Cell:
    """One picture, and what the defended model says of it.

    Attributes:
        pixels: `[H, W, C]` uint8, exactly what was judged.
        says: the answer that would be given out.
        accepted: whether it is given out at all.
        reached: whether the attacker got what they wanted: another answer, given out.
        size: of the change, in the norm of the request.
        attack: how it was made, in words.
    """

    pixels: np.ndarray
    says: Opinion
    accepted: bool = True
    reached: bool = False
    size: float = 0.0
    attack: str = ""


@dataclass(frozen=True)
class Row:
    """One defense.

    Attributes:
        key: names it.
        title: what people read.
        through: how who knows it gets gradients, as a sentence.
        clean, unaware, adaptive: the cells, as they are filled.
        passes: through the network, for one answer.
        seconds: for one answer.
        problem: why there are no cells.
    """

    key: str
    title: str
    through: str = ""
    clean: Cell | None = None
    unaware: Cell | None = None
    adaptive: Cell | None = None
    passes: int = 1
    seconds: float = 0.0
    problem: str | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return self.problem is not None or self.adaptive is not None

    @property
    def standing(self) -> Standing:
        """What it comes to, as far as it is known."""
        if self.clean is None or self.unaware is None or self.adaptive is None:
            return Standing.OPEN
        if self.clean.reached:
            return Standing.WRONG
        if not self.clean.accepted:
            return Standing.SILENT
        if self.adaptive.reached:
            return Standing.NEITHER if self.unaware.reached else Standing.UNAWARE
        return Standing.NEITHER if self.unaware.reached else Standing.HELD

    @property
    def sentence(self) -> str:
        """The same for people."""
        match self.standing:
            case Standing.OPEN:
                return self.problem or "Still to be attacked."
            case Standing.WRONG:
                return "Wrong about the clean picture already: nobody needs to attack it."
            case Standing.SILENT:
                return "Refuses to answer to the clean picture: a false alarm."
            case Standing.NEITHER:
                return "Stops neither: even an attack that knows nothing of it gets through."
            case Standing.UNAWARE:
                return "Stops who does not know it, and nobody else: that is no defense."
            case Standing.HELD:
                return "Held against both on this picture. One picture proves nothing: count over a set."


def summary(rows: tuple[Row, ...]) -> str:
    """The sentence under the table; of defenses that are done, the undefended network left out."""
    judged = [row for row in rows if row.key != "none" and row.standing is not Standing.OPEN]
    if not judged:
        falls = any(row.key == "none" and row.standing is Standing.NEITHER for row in rows)
        return "Without a defense it falls." if falls else "Nothing is decided yet."
    sound = [row for row in judged if row.clean is not None and row.clean.accepted and not row.clean.reached]
    blind = sum(row.unaware is not None and not row.unaware.reached for row in sound)
    held = sum(row.standing is Standing.HELD for row in sound)
    count = f"{len(judged)} defense{'s' if len(judged) != 1 else ''}"
    wrong = any(row.key == "none" and row.standing is Standing.WRONG for row in rows)
    begin = "Without a defense it is wrong already. " if wrong else ""
    return (
        f"{begin}Of {count}, {_some(blind)} an attack that does not know {'them' if blind > 1 else 'it'}, "
        f"and {_some(held)} one that does."
    )


def _some(count: int) -> str:
    return f"{count} stop" if count > 1 else f"{count or 'none'} stops"
