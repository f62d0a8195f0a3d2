"""How many pictures of a set a network gets right wherever and however they are turned a little.

Reference: Engstrom, Tran, Tsipras, Schmidt, Madry: Exploring the landscape of spatial robustness, ICML 2019,
arXiv 1712.02779: the worst of a grid of rotations and translations, which there finds more than gradients do.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.poses import Padding, Pose, Poses, moved
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.models.shipped import Count


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
    padding: Padding,
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
