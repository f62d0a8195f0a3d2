"""How well a score of suspicion tells adversarial pictures from clean ones, whatever the threshold."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor


@dataclass(frozen=True)
class Roc:
    """The receiver operating characteristic.

    Attributes:
        false: share of clean pictures that are rejected `[T]`, from 0 to 1.
        true: share of adversarial ones that are, at the same threshold `[T]`.
        area: under the curve: the chance that an adversarial picture has the higher score of the two.
    """

    false: np.ndarray
    true: np.ndarray
    area: float

    def at(self, false: float) -> float:
        """The share that is detected where at most so many clean pictures are rejected."""
        return float(self.true[self.false <= false + 1e-12].max())


def roc(clean: Tensor, adversarial: Tensor) -> Roc:
    """The curve of scores `[N]` of clean pictures and `[M]` of adversarial ones; neither may be empty.

    A picture is rejected above a threshold. Equal scores count half for the area, as in the Mann-Whitney statistic.
    """
    good, bad = (np.sort(scores.double().cpu().numpy()) for scores in (clean, adversarial))
    thresholds = np.concatenate(([np.inf], np.unique(np.concatenate((good, bad)))[::-1], [-np.inf]))
    false, true = (1 - np.searchsorted(ordered, thresholds, side="right") / len(ordered) for ordered in (good, bad))
    below = np.searchsorted(good, bad, side="left")
    ties = np.searchsorted(good, bad, side="right") - below
    return Roc(false, true, float((below + ties / 2).mean() / len(good)))
