"""Maps of importance as pictures: signed ones blue through white to orange, sizes dark to bright."""

import numpy as np
from torch import Tensor

# Read by colour-blind eyes, too: blue against orange, and lightness alone (like cividis).
_SIGNED = ((0, 114, 178), (255, 255, 255), (230, 120, 10))
_SIZES = ((0, 32, 77), (66, 78, 108), (124, 123, 120), (187, 175, 113), (255, 233, 69))


def picture(where: Tensor, scale: float, *, signed: bool) -> np.ndarray:
    """A map `[H, W]` as `[H, W, 3]` uint8; what is `scale` or more in size has the last colour."""
    share = (where.double() / scale).clamp(-1, 1).cpu().numpy()
    stops = np.array(_SIGNED if signed else _SIZES, float)
    place = (share + 1) / 2 if signed else np.abs(share)
    at = np.linspace(0, 1, len(stops))
    channels = [np.interp(place, at, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, -1).round().astype(np.uint8)


def legend(*, signed: bool) -> str:
    """The colours as a CSS gradient."""
    stops = ", ".join(f"rgb{stop}" for stop in (_SIGNED if signed else _SIZES))
    return f"linear-gradient(90deg, {stops})"
