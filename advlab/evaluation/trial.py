"""What came of a contender on a set of labelled pictures: clean, and after both attackers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from advlab.core.norms import Norm
from advlab.evaluation.contender import Contender
from advlab.models.shipped import Count

# Of a set, the share that a check may take beyond what the chosen attacks took.
TOLERATED = 0.01


@dataclass(frozen=True)
class Budget:
    """What both attackers may do; `override` names an attack to take in place of the chosen ones."""

    norm: Norm
    eps: float
    steps: int = 40
    seed: int = 0
    override: str | None = None


@dataclass(frozen=True)
class Suspicion:
    """A detector's score above its threshold, of one picture: positive, and it is rejected.

    Attributes:
        clean: of the picture itself.
        unaware, adaptive: of what the two attackers made of it.
        fooled: whether the network behind the detector is wrong about the unaware attacker's picture.
        misled: whether it is about the other's.
    """

    clean: float
    unaware: float
    adaptive: float
    fooled: bool
    misled: bool


@dataclass(frozen=True)
class Fate:
    """What came of one picture.

    Attributes:
        row: its place in the split.
        label: its class.
        answer: what the deployed model says to the clean picture.
        accepted: whether that answer is given out.
        unaware: whether a wrong answer is given out after the attack that does not know the defense.
        adaptive: how the one that does got a wrong answer given out; empty if it did not.
        suspicion: what a detector made of it; None without one.
    """

    row: int
    label: int
    answer: int
    accepted: bool
    unaware: bool
    adaptive: str
    suspicion: Suspicion | None = None

    @property
    def right(self) -> bool:
        """Right on the clean picture, and it says so."""
        return self.accepted and self.answer == self.label


@dataclass(frozen=True)
class Trial:
    """A contender's verdicts so far.

    Attributes:
        fates: in the set's order.
        missed: by check, pictures that withstood the adaptive attacks and fell to it; None: not checked.
        seconds: for one answer.
    """

    contender: Contender
    fates: tuple[Fate, ...] = ()
    missed: dict[str, int] | None = None
    seconds: float = field(default=0.0, compare=False)

    def _count(self, verdicts: Iterator[bool]) -> Count:
        return Count(correct=sum(verdicts), of=max(1, len(self.fates)))

    @property
    def clean(self) -> Count:
        """Right on clean pictures, and given out."""
        return self._count(fate.right for fate in self.fates)

    @property
    def rejected(self) -> Count:
        """Clean pictures that get no answer."""
        return self._count(not fate.accepted for fate in self.fates)

    @property
    def unaware(self) -> Count:
        """Right, and no wrong answer given out after the attack that does not know the defense."""
        return self._count(fate.right and not fate.unaware for fate in self.fates)

    @property
    def adaptive(self) -> Count:
        """The same after the one that does."""
        return self._count(fate.right and not fate.adaptive for fate in self.fates)

    @property
    def undetected(self) -> Count:
        """After the attack that knows it: not detected, and wrong."""
        return self._count(bool(fate.adaptive) for fate in self.fates)

    @property
    def by(self) -> Counter[str]:
        """How many pictures fell to what."""
        return Counter(fate.adaptive for fate in self.fates if fate.adaptive and fate.right)

    @property
    def stronger(self) -> str | None:
        """The check that took more than is tolerated: the adaptive number is too high then; None if none did."""
        most = max((self.missed or {}).items(), key=lambda one: one[1], default=("", 0))
        return most[0] if most[1] > TOLERATED * len(self.fates) else None
