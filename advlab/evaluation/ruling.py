"""What a defense comes to on a set, in a word and a sentence."""

from dataclasses import dataclass
from enum import StrEnum

from advlab.core.defense import Kind
from advlab.evaluation.contender import UNDEFENDED
from advlab.evaluation.trial import Trial


class Word(StrEnum):
    """The verdict."""

    NONE = "NO DEFENSE"
    DOUBTED = "NOT EVALUATED"
    HOLDS = "HOLDS SOME"
    MASKED = "HIDES THE GRADIENT"
    UNAWARE = "ONLY THE UNAWARE"
    NEITHER = "STOPS NEITHER"


# A smaller gain against who knows a defense is none, however surely it was counted.
_LEAST = 0.1


@dataclass(frozen=True)
class Ruling:
    """A word and a sentence about a trial."""

    word: Word
    sentence: str


def ruling(trial: Trial, bare: Trial) -> Ruling:
    """What the trial shows next to that of the undefended network.

    A difference counts where the two Wilson intervals are apart; against who knows it, it must be ten points, too.

    Args:
        trial: of the defense.
        bare: of the undefended network on the same pictures.
    """
    clean, blind, known = (_percent(count.share) for count in (trial.clean, trial.unaware, trial.adaptive))
    if trial.contender.key == UNDEFENDED:
        return Ruling(Word.NONE, f"Right on {clean} of the clean pictures and on {known} of those that are attacked.")
    if trial.stronger is not None:
        missed = (trial.missed or {})[trial.stronger]
        return Ruling(
            Word.DOUBTED,
            f"{trial.stronger} fools it on {missed} of {len(trial.fates)} pictures that the chosen attacks left: "
            f"{known} is too high a number, and a stronger attack has to be found.",
        )
    gain = trial.adaptive.share - bare.adaptive.share
    if gain >= _LEAST and trial.adaptive.interval[0] > bare.adaptive.interval[1]:
        return Ruling(
            Word.HOLDS,
            f"Still right on {known} under an attack that knows it ({_percent(bare.adaptive.share)} without a "
            f"defense), at the price of {_percent(max(0.0, bare.clean.share - trial.clean.share))} of clean pictures.",
        )
    if trial.unaware.interval[0] > bare.unaware.interval[1]:
        word = Word.MASKED if trial.contender.kind is Kind.MASKING else Word.UNAWARE
        return Ruling(
            word, f"Looks robust on {blind}, and is on {known} once the attacker knows it: that is no defense."
        )
    return Ruling(Word.NEITHER, f"Right on {blind} even against who does not know it: no gain that could be seen.")


def _percent(share: float) -> str:
    return f"{share:.0%}" if share in {0.0, 1.0} or 0.1 < share < 0.995 else f"{share:.1%}"
