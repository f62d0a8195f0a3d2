"""How step sizes fall in the course of a search."""

import math

from torch import Tensor


def cosine(first: float, last: float, step: Tensor, steps: int) -> Tensor:
    """From `first` at step 0 towards `last` along half a cosine: one value for each of `step` `[n]`, in float64."""
    return last + (first - last) * (1 + (step.double() * (math.pi / steps)).cos()) / 2
