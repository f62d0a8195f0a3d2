"""Labelled sets of pictures, from Parquet files, folders and torchvision."""

from pathlib import Path
from typing import Literal

from advlab.core.classifier import Size
from advlab.data.sets import folders, parquet, torchvision_sets
from advlab.data.sets.image_set import ImageSet
from advlab.errors import InputError

__all__ = ["ImageSet", "Split", "read"]

Split = Literal["train", "test"]
_TORCHVISION = "torchvision:"


def read(source: str | Path, split: Split, size: Size | None = None) -> ImageSet:
    """One half of a data set, decoded, in memory.

    Args:
        source: a folder with `train.parquet` and `test.parquet` in Hugging Face's image layout, or with
            `train/` and `test/` (or `val/`) of class folders; or `torchvision:CIFAR10`.
        split: "train" or "test".
        size: `(C, H, W)` to bring the pictures to; None: as they are, if they agree.

    Raises:
        InputError: there is no such set there, or a picture cannot be read. ParameterError: torchvision has
            no such set. ResourceError: too large, or it cannot be downloaded.
    """
    if str(source).startswith(_TORCHVISION):
        return torchvision_sets.read(str(source).removeprefix(_TORCHVISION), split, size)
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise InputError(
            f"There is no folder {folder}. Give one with data, or torchvision:NAME, such as torchvision:CIFAR10."
        )
    files = parquet.files(folder, split)
    if files:
        return parquet.read(files, size)
    root = folders.root(folder, split)
    if root is None:
        raise InputError(
            f"{folder} has neither {split}.parquet nor a folder {split}/ with a folder for each class: "
            "give the folder that holds one of them."
        )
    return folders.read(root, size)
