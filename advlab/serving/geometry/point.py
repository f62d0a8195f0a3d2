"""One point of a plane: the picture there, as a file would hold it, and what models say about it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from advlab import models
from advlab.core import norms
from advlab.core.norms import Norm
from advlab.data import pictures
from advlab.serving.geometry.ground import Materials, lay
from advlab.serving.geometry.request import PlaneRequest
from advlab.serving.lab import opinion, shares
from advlab.serving.outcome import Opinion


@dataclass(frozen=True)
class Point:
    """A picture of the plane.

    Attributes:
        position: along both axes, in the plane's norm.
        pixels: `[H, W, C]` uint8: clipped and rounded, which is what is judged.
        opinions: of each model.
        sizes: of the change from the origin, by norm.
        outside: the share of the values that had to be clipped.
        png: the picture as a file.
    """

    position: tuple[float, float]
    pixels: np.ndarray
    opinions: tuple[Opinion, ...]
    sizes: dict[str, float]
    outside: float
    png: bytes


def visit(request: PlaneRequest, materials: Materials, position: tuple[float, float], ask: Sequence[str] = ()) -> Point:
    """The picture at a position, and what its model and the ones in `ask` say."""
    ground = lay(request, materials)
    where = torch.tensor([position], dtype=torch.float64)
    levels = (ground.plane.at(where).clamp(0, 1) * 255).round()
    x = levels / 255
    pixels = levels[0].permute(1, 2, 0).to(torch.uint8).cpu().numpy()
    asked = [ground.classifier, *(models.load(model) for model in ask)]
    sizes = {norm.value: float(norms.size(x - ground.plane.origin, norm)[0]) for norm in Norm}
    return Point(
        position=position,
        pixels=pixels,
        opinions=tuple(opinion(classifier, shares(classifier, x)) for classifier in asked),
        sizes=sizes,
        outside=float(ground.plane.outside(where)[0]),
        png=pictures.png(pixels),
    )
