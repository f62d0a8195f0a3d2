"""A folder for each class, with the pictures of that class in it."""

from functools import partial
from pathlib import Path

from PIL import Image

from advlab.core.classifier import Size
from advlab.data.sets.image_set import ImageSet, collect
from advlab.errors import InputError

_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"})


def root(folder: Path, split: str) -> Path | None:
    """Where the folders of a split's classes are: `train/`, `test/` (or `val/`), else None."""
    usual = [split, *(["val", "valid", "validation"] if split == "test" else [])]
    return next((folder / name for name in usual if (folder / name).is_dir()), None)


def read(folder: Path, size: Size | None) -> ImageSet:
    """The pictures of a folder of class folders, classes and files in alphabetical order.

    Raises:
        InputError: there are no class folders, or a picture cannot be read.
    """
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = [
        (file, label)
        for label, path in enumerate(classes)
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in _ENDINGS
    ]
    if len(classes) < 2 or not found:
        raise InputError(f"{folder} should have a folder for each class, with pictures in it.")
    pictures = ((partial(_open, file), label) for file, label in found)
    names = tuple(path.name for path in classes)
    return collect(pictures, count=len(found), size=size, names=names, where=str(folder))


def _open(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        picture.load()
        return picture
