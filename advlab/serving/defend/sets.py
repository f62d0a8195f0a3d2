"""The pictures that defenses are counted on in a page: what our own code draws, or what a visitor brings."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath

import torch
from PIL import Image
from torch import Tensor

from advlab.core.classifier import Classifier, Size
from advlab.data import samples, sets
from advlab.data.sets import ImageSet
from advlab.errors import InputError
from advlab.evaluation.testset import TestSet, apart, as_named
from advlab.serving.defend import calibration

DRAWINGS = "drawings"
# Of a visitor's set, as many others to calibrate detectors on.
_OTHERS = 1000
_MOST_FILES = 5000


@dataclass(frozen=True)
class Brought:
    """A visitor's labelled pictures.

    Attributes:
        title: what the files are called.
        images: the pictures, at the size of the model that they were read for.
        key: names the pixels and classes.
    """

    title: str
    images: ImageSet
    key: str


def bring(files: Sequence[tuple[str, bytes]], classifier_size: Size) -> Brought:
    """Read what was uploaded: one Parquet file in Hugging Face's image layout, or a folder with one for each class.

    Args:
        files: names with their folders, and bytes.
        classifier_size: `(C, H, W)` to bring the pictures to.

    Raises:
        InputError, ResourceError: a sentence.
    """
    if len(files) > _MOST_FILES:
        raise InputError(f"These are {len(files):,} files; a page takes {_MOST_FILES:,}: use `defend-set` for more.")
    parquet = [one for one in files if one[0].lower().endswith(".parquet")]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if parquet:
            title = PurePosixPath(parquet[0][0]).name
            (root / "test.parquet").write_bytes(parquet[0][1])
        else:
            parts = [PurePosixPath(name.replace("\\", "/")).parts for name, _ in files]
            if not files or min(map(len, parts)) < 2:
                raise InputError("Give one Parquet file, or a folder with a folder for each class in it.")
            title = parts[0][0] if len(parts[0]) > 2 else f"{len(files)} pictures"
            for number, ((_, data), path) in enumerate(zip(files, parts, strict=True)):
                # Names of a visitor's are no paths of ours: the class is the last folder's, the file's a number.
                place = root / "test" / _harmless(path[-2])
                place.mkdir(parents=True, exist_ok=True)
                (place / f"{number:06d}{Path(path[-1]).suffix.lower()}").write_bytes(data)
        images = sets.read(root, "test", classifier_size)
    whole = TestSet(images.images, images.labels, torch.arange(len(images)), title)
    return Brought(title, images, whole.digest)


def _harmless(name: str) -> str:
    return "".join(c for c in name if c.isalnum() or c in " -_()").strip() or "class"


Calibration = Callable[[int], Tensor]


def chosen(classifier: Classifier, count: int, brought: Brought | None) -> tuple[TestSet, Calibration]:
    """The pictures to count on, and what gives others `[N, C, H, W]` to calibrate detectors on.

    Raises:
        InputError: nothing that we draw fits this model, or the visitor's classes do not.
    """
    if brought is not None:
        data = as_named(brought.images, classifier.labels)
        found, others = apart(data, min(count, max(1, len(data) // 2)), _OTHERS)
        return found, lambda _: others.to(classifier.device)
    drawn = _drawn(classifier.labels, count)
    if not drawn:
        raise InputError(
            f"Our code draws nothing that {classifier.name} knows: upload a Parquet file, or a folder of class folders."
        )
    images = torch.cat([(classifier.prepare(picture) * 255).round().to(torch.uint8) for picture, _ in drawn]).cpu()
    labels = torch.tensor([label for _, label in drawn])
    drawings = TestSet(images, labels, torch.arange(count), f"{count} drawings, no two alike")
    return drawings, lambda wanted: calibration.pictures(classifier, wanted)


def draws(labels: tuple[str, ...]) -> bool:
    """Whether our own code draws anything that has one of these labels."""
    return bool(_drawn(labels, 1))


@cache
def _drawn(labels: tuple[str, ...], count: int) -> tuple[tuple[Image.Image, int], ...]:
    return tuple(islice(samples.again(labels), count))
