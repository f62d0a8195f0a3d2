"""How a run is made, and how far it is."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from advlab.core.losses import Term
from advlab.core.service import OPEN, Service


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    fraction: float  # of the most that it can cost
    step: int
    queries: int  # of the image that asked most
    searching: int  # images still in the search
    fooled: int  # images with a candidate that reached the goal
    size: float = math.inf  # of the smallest perturbation of the first image that reached it; infinite for none


@dataclass(frozen=True)
class Settings:
    """Everything about a run that is neither the attack's nor the threat model's.

    `early_stop` retires an image at its first confirmed success; otherwise all the work is done and
    the largest margin is kept. Minimal-norm attacks run to their end, unless `inside_is_enough`: then an image
    retires that was found within ε, whether or not there is a smaller one. `frames` is how many steps
    of the first image to keep as a film at most. `extra_loss` is climbed besides each loss that an attack has.
    `service` is what stands before the model, for attacks that see no gradients.
    """

    seed: int = 0
    early_stop: bool = True
    inside_is_enough: bool = False
    max_queries: int | None = None
    start: Tensor | None = None
    frames: int = 0
    progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None
    extra_loss: Term | None = None
    service: Service = OPEN
