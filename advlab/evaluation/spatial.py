"""How many pictures of a set a network gets right wherever and however they are turned a little.

Reference: Engstrom, Tran, Tsipras, Schmidt, Madry: Exploring the landscape of spatial robustness, ICML 2019,
arXiv 1712.02779: the worst of a grid of rotations and translations, which there finds more than gradients do.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.errors import ParameterError
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.models.shipped import Count


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
    padding: Literal["reflection", "zeros"] = "reflection"

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


@dataclass(frozen=True)
class Turned:
    """What came of one picture: its row in the split, whether it is right unmoved, and the pose that fooled, if any."""

    row: int
    correct: bool
    pose: Pose | None

    @property
    def robust(self) -> bool:
        """Right unmoved and in every pose."""
        return self.correct and self.pose is None


@dataclass(frozen=True)
class Spatial:
    """The verdicts in the set's order; of what was done where somebody stopped it."""

    verdicts: tuple[Turned, ...]
    complete: bool

    @property
    def clean(self) -> Count:
        """Right unmoved."""
        return Count(correct=sum(verdict.correct for verdict in self.verdicts), of=len(self.verdicts))

    @property
    def robust(self) -> Count:
        """Right in every pose."""
        return Count(correct=sum(verdict.robust for verdict in self.verdicts), of=len(self.verdicts))


def spatial_accuracy(
    classifier: Classifier, data: TestSet, poses: Poses | None = None, running: Running | None = None
) -> Spatial:
    """Every picture that is right, in pose after pose; one retires when it is fooled.

    An answer that is not finite is wrong. What comes of a picture does not depend on what else is in the set.

    Args:
        classifier: from `advlab.load` or `advlab.wrap`.
        data: from `testset.choose`.
        poses: the grid.
        running: who watches; nothing is kept in a journal.
    """
    poses, running = poses or Poses(), running or Running()
    grid = poses.grid(*classifier.input_size[1:])
    verdicts: list[Turned] = []
    for part in running.batches(len(data), classifier):
        found = _worst(
            classifier, data, part, grid, poses.padding, running.within(part, len(data)), running.should_stop
        )
        if found is None:
            return Spatial(tuple(verdicts), complete=False)
        verdicts += found
        running.progress(part.stop / len(data))
    return Spatial(tuple(verdicts), complete=True)


def _worst(  # noqa: PLR0917 - called once, just above
    classifier: Classifier,
    data: TestSet,
    part: slice,
    grid: list[Pose],
    padding: str,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> list[Turned] | None:
    """The verdicts on a batch; None if it was stopped."""
    images, labels = data.floats(part).to(classifier.device), data.labels[part].to(classifier.device)
    correct = _right(classifier, images, labels)
    fooled: list[Pose | None] = [None] * len(labels)
    alive = correct.nonzero().squeeze(1)
    for number, pose in enumerate(grid):
        if should_stop():
            return None
        if len(alive) == 0:
            break
        right = _right(classifier, moved(images[alive], pose, padding), labels[alive])
        for place in alive[~right].tolist():
            fooled[place] = pose
        alive = alive[right]
        progress((number + 1) / len(grid))
    columns = zip(data.rows[part].tolist(), correct.tolist(), fooled, strict=True)
    return [Turned(row, right, pose) for row, right, pose in columns]


def _right(classifier: Classifier, images: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad():
        logits: Tensor = classifier(images)
    return (logits.argmax(1) == labels) & logits.isfinite().all(1)


def moved(images: Tensor, pose: Pose, padding: str = "reflection") -> Tensor:
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
    found: Tensor = F.grid_sample(images, places, padding_mode=padding, align_corners=False)
    return found.clamp(0, 1)


def _spread(most: float, count: int) -> list[float]:
    """So many numbers from `-most` to `most`; a single one is zero."""
    return [most * (2 * k - count + 1) / (count - 1) for k in range(count)] if count > 1 else [0.0]
