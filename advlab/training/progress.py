"""What a training tells while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from advlab.training.method import Epoch


@dataclass(frozen=True)
class Progress:
    """Where a training is.

    Attributes:
        stage: "" for the network itself, "teacher" for one that is trained before it.
        epoch, epochs: from 1.
        batch, batches: done in this epoch.
        loss, seen: the mean so far in this epoch.
        finished: the epoch that has just ended and been checked.
        alarm: why the training stops early.
    """

    stage: str
    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    seen: float
    finished: Epoch | None = None
    alarm: str | None = None


Report = Callable[[Progress], None]
