"""The ten digits as a hand writes them: strokes in a box from (0, 0) to (1, 1)."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from advlab.data.drawings.paths import Strokes, curve, line

DIGITS: Mapping[str, Strokes] = MappingProxyType(
    {
        "0": (curve((0.62, 0.04), (0.36, 0.1), (0.16, 0.42), (0.2, 0.8), (0.44, 0.98), (0.72, 0.82), (0.84, 0.46),
                    (0.76, 0.14), (0.56, 0.03)),),
        "1": (curve((0.6, 0.0), (0.54, 0.34), (0.47, 0.68), (0.42, 1.0)),),
        "2": (curve((0.2, 0.24), (0.34, 0.06), (0.58, 0.02), (0.74, 0.16), (0.68, 0.42), (0.42, 0.74), (0.14, 0.96),
                    (0.24, 0.9), (0.5, 0.93), (0.86, 0.97)),),
        "3": (curve((0.22, 0.12), (0.46, 0.01), (0.7, 0.12), (0.66, 0.34), (0.4, 0.47), (0.44, 0.47), (0.7, 0.56),
                    (0.74, 0.8), (0.5, 0.98), (0.16, 0.9)),),
        "4": (curve((0.34, 0.02), (0.24, 0.3), (0.14, 0.52), (0.4, 0.56), (0.8, 0.5)),
              curve((0.72, 0.04), (0.64, 0.4), (0.58, 0.74), (0.55, 1.0))),
        "5": (curve((0.34, 0.04), (0.3, 0.24), (0.26, 0.44), (0.46, 0.38), (0.7, 0.5), (0.72, 0.78), (0.48, 0.98),
                    (0.16, 0.9)),
              line((0.33, 0.05), (0.78, 0.03))),
        "6": (curve((0.64, 0.0), (0.42, 0.2), (0.26, 0.5), (0.24, 0.82), (0.42, 0.99), (0.64, 0.88), (0.68, 0.66),
                    (0.52, 0.53), (0.32, 0.62), (0.25, 0.78)),),
        "7": (curve((0.16, 0.1), (0.42, 0.1), (0.78, 0.06), (0.68, 0.3), (0.5, 0.66), (0.38, 1.0)),),
        "8": (curve((0.72, 0.14), (0.5, 0.01), (0.28, 0.14), (0.36, 0.36), (0.6, 0.56), (0.68, 0.82), (0.46, 0.99),
                    (0.24, 0.84), (0.34, 0.58), (0.6, 0.36), (0.74, 0.14), (0.66, 0.06)),),
        "9": (curve((0.7, 0.2), (0.5, 0.03), (0.27, 0.14), (0.25, 0.38), (0.46, 0.5), (0.66, 0.36), (0.72, 0.12),
                    (0.7, 0.4), (0.63, 0.72), (0.56, 1.0)),),
    }
)  # fmt: skip


def by_another_hand(strokes: Strokes, seed: int) -> Strokes:
    """The same digit, slanted, stretched, turned and wavering a little otherwise; a seed gives it again."""
    noise = np.random.default_rng(seed)
    tilt, slant = np.radians(noise.uniform(-10, 10)), noise.uniform(-0.2, 0.2)
    turn = np.array(((np.cos(tilt), np.sin(tilt)), (-np.sin(tilt), np.cos(tilt))))
    shape = np.array(((noise.uniform(0.8, 1.1), 0.0), (-slant, 1.0))) @ turn
    height, phase = noise.uniform(0.0, 0.03, (2, 2)), noise.uniform(0, 2 * np.pi, (2, 2))

    def drawn(path: np.ndarray) -> np.ndarray:
        # Slow waves over the paper, so that strokes that meet still do.
        waves = sum(height[k] * np.sin(2 * np.pi * (k + 1) * path[:, ::-1] / 1.5 + phase[k]) for k in range(2))
        return np.asarray((path - 0.5 + waves) @ shape)

    return tuple(drawn(path) for path in strokes)
