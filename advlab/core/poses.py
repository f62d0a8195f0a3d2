"""Pictures turned and moved a little: a grid of poses, and the picture in one of them.

Reference: Engstrom, Tran, Tsipras, Schmidt, Madry: Exploring the landscape of spatial robustness, ICML 2019,
arXiv 1712.02779.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.errors import ParameterError


class Padding(StrEnum):
    """What comes in from outside."""

    REFLECTION = "reflection"
    ZEROS = "zeros"


@dataclass(frozen=True)
class Pose:
    """How a picture is moved: degrees counterclockwise about its centre, then whole pixels."""

    degrees: float
    down: int
    right: int


@dataclass(frozen=True)
class Poses:
    """A grid of poses.

    The paper's is 31 × 5 × 5; this one is 7 × 3 × 3 unless asked for more, and finds nearly as much.

    Attributes:
        degrees: of the largest rotation, either way.
        share: of a side, of the largest translation, either way; rounded to whole pixels, which do not blur.
        angles: how many rotations, evenly spaced; one is none at all.
        shifts: how many translations along each side, likewise.
        padding: what comes in from outside: "reflection", the picture's mirror; "zeros", black as in the paper. Black
            corners are something that no network was trained with: what is lost to them is not lost to the pose.
    """

    degrees: float = 30.0
    share: float = 0.1
    angles: int = 7
    shifts: int = 3
    padding: Padding = Padding.REFLECTION

    def __post_init__(self) -> None:
        if self.angles < 1 or self.shifts < 1:
            raise ParameterError(f"A grid has at least one angle and one shift, not {self.angles} and {self.shifts}.")
        if not 0 <= self.degrees <= 180 or not 0 <= self.share < 1:
            raise ParameterError(
                f"Rotations go up to 180 degrees and translations up to a whole side, not {self.degrees:g} and "
                f"{self.share:g}."
            )

    def grid(self, height: int, width: int) -> list[Pose]:
        """All poses for pictures of this size but their own, each once; the furthest first, which fool most."""
        turns, sides = _spread(self.degrees, self.angles), (height, width)
        downs, rights = (sorted({round(at) for at in _spread(self.share * side, self.shifts)}) for side in sides)
        found = [Pose(turn, down, right) for turn in turns for down in downs for right in rights]
        scales = max(self.degrees, 1e-9), max(1, downs[-1]), max(1, rights[-1])

        def distance(pose: Pose) -> float:
            return math.hypot(pose.degrees / scales[0], pose.down / scales[1], pose.right / scales[2])

        return sorted((pose for pose in found if distance(pose) > 0), key=distance, reverse=True)


def moved(images: Tensor, pose: Pose, padding: Padding = Padding.REFLECTION) -> Tensor:
    """Pictures `[N, C, H, W]` in another pose, bilinear between pixels; whole translations are exact."""
    height, width = images.shape[2:]
    turn = math.radians(pose.degrees)
    cos, sin = math.cos(turn), math.sin(turn)
    # From places of the result to places of the picture, where both sides go from -1 to 1 however long they are.
    down, right = 2 * pose.down / height, 2 * pose.right / width
    slant = height / width
    rows = [
        [cos, -sin * slant, sin * slant * down - cos * right],
        [sin / slant, cos, -sin / slant * right - cos * down],
    ]
    theta = torch.tensor([rows], dtype=images.dtype, device=images.device).expand(len(images), -1, -1)
    places = F.affine_grid(theta, list(images.shape), align_corners=False)
    found: Tensor = F.grid_sample(images, places, padding_mode=Padding(padding).value, align_corners=False)
    return found.clamp(0, 1)


def _spread(most: float, count: int) -> list[float]:
    """So many numbers from `-most` to `most`; a single one is zero."""
    return [most * (2 * k - count + 1) / (count - 1) for k in range(count)] if count > 1 else [0.0]
