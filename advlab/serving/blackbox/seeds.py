"""Pictures that an attacker begins with, and others to measure on: drawings, or what a visitor brings."""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.data import samples, sets
from advlab.data.sets import ImageSet
from advlab.data.sources import open_picture
from advlab.errors import InputError
from advlab.evaluation.testset import TestSet, apart
from advlab.serving.defend.sets import Brought
from advlab.serving.defend.sets import chosen as counted
from advlab.training.augmentation import Augmentation

# Agreement on so many pictures is known to within six points.
HELD_OUT = 300
_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
_LITTLE = Augmentation(crop=2, rotate=12, scale=0.1, light=0.15)


@dataclass(frozen=True)
class Seeds:
    """Pictures `[n, C, H, W]` in [0, 1].

    Attributes:
        images: the attacker's.
        held_out: others, that nobody learns from.
        rule: what the attacker's are, for people.
        others: what the others are.
    """

    images: Tensor
    held_out: Tensor
    rule: str
    others: str


def seeds(classifier: Classifier, count: int, brought: Brought | None) -> Seeds:
    """So many pictures to begin with, and up to `HELD_OUT` others of the same kind; of a visitor's at most half.

    Raises:
        InputError: nothing that we draw fits this model, and the visitor brought nothing.
    """
    if brought is not None:
        return _of(brought.images, count, brought.title)
    few = samples.fitting(classifier.labels)
    if not few:
        raise InputError(
            f"Our code draws nothing that {classifier.name} knows: upload a Parquet file, or a folder of class folders."
        )
    first = torch.cat([classifier.prepare(one.picture()) for one in few]).cpu()
    mine = varied(first, count, 1)
    rule = f"{len(few)} samples, each moved, turned and blurred a little"
    if next(samples.again(classifier.labels), None) is None:
        return Seeds(mine, varied(first, HELD_OUT, 2), rule, "variants of the same samples")
    # By other hands than the attacker's: what it has not seen.
    others, _ = counted(classifier, HELD_OUT, None)
    return Seeds(mine, varied(others.floats(slice(None)), HELD_OUT, 2), rule, "other drawings")


def varied(pictures: Tensor, count: int, seed: int) -> Tensor:
    """Pictures `[n, C, H, W]` again and again, each time moved, turned, lit and blurred a little otherwise."""
    generator = torch.Generator().manual_seed(seed)
    x = _LITTLE(pictures[torch.arange(count) % len(pictures)], generator)
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = torch.rand(count, 1, 1, 1, generator=generator)
    return (x.lerp(soft, share) * 255).round().clamp(0, 255) / 255


def first(labels: tuple[str, ...]) -> str:
    """What requests call the first sample that suits a model of these classes."""
    return f"sample:{samples.suiting(labels)[0].name}"


def of_folder(classifier: Classifier, folder: Path) -> Brought:
    """The pictures of a folder: a set as `advlab.data.sets` reads it, or files as they lie there.

    Raises:
        InputError: there are none.
    """
    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in _ENDINGS) if folder.is_dir() else []
    if not files:
        images = sets.read(folder, "test", classifier.input_size)
    else:
        read = torch.cat([classifier.prepare(open_picture(str(file))) for file in files]).cpu()
        nothing = torch.zeros(len(files), dtype=torch.int64)
        images = ImageSet((read * 255).round().to(torch.uint8), nothing, ("picture",))
    whole = TestSet(images.images, images.labels, torch.arange(len(images)), folder.name)
    return Brought(folder.name, images, whole.digest)


def _of(images: ImageSet, count: int, title: str) -> Seeds:
    others, rest = apart(images, min(HELD_OUT, max(1, len(images) // 2)), count)
    if len(rest) == 0:
        raise InputError("One picture is not enough: half of them are to begin with, half to measure on.")
    return Seeds(rest, others.floats(slice(None)), f"pictures of {title}", "other pictures of the set")
