"""Which epoch's weights are kept."""

import math
from collections.abc import Sequence

from advlab.training.method import Epoch, Select


def replaces(epochs: Sequence[Epoch], kept: int, select: Select, tolerance: float) -> bool:
    """Whether the newest epoch takes the place of the one that is kept.

    Robust accuracy falls again in long trainings (Rice, Wong, Kolter: Overfitting in adversarially robust deep
    learning, ICML 2020, arXiv 2002.11569), so the most robust epoch is looked for; but it is counted on a few
    hundred images, and differences below the noise of that count should not decide against accuracy.

    Args:
        epochs: all so far, the newest last.
        kept: the number of the kept one, from 1; 0: none yet.
        select: what the method is to be good at.
        tolerance: epochs whose robust accuracy is less than this below the best are told apart by clean accuracy.
    """
    newest, old = epochs[-1], epochs[kept - 1]
    value = newest.robust if select is Select.ROBUST else newest.clean
    if kept == 0 or select is Select.LAST or math.isnan(value):
        return True
    if select is Select.CLEAN:
        return newest.clean >= max(epoch.clean for epoch in epochs)
    enough = max(epoch.robust for epoch in epochs) - tolerance
    if newest.robust < enough:
        return False
    return newest.clean >= old.clean if old.robust > enough else True
