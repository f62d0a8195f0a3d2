"""Labelled pictures of one size, in memory as bytes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from advlab.core.classifier import Size
from advlab.errors import InputError, ResourceError

# Bytes of pixels that a set may have: it is worked on in memory.
_MOST = 8 * 2**30


@dataclass(frozen=True)
class ImageSet:
    """Labelled pictures.

    Attributes:
        images: `[N, C, H, W]` uint8.
        labels: `[N]` int64.
        names: one a class.
    """

    images: Tensor
    labels: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size(self) -> Size:
        """`(C, H, W)` of every picture."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def take(self, rows: Tensor) -> Self:
        """Some of the pictures, by index or mask."""
        return replace(self, images=self.images[rows], labels=self.labels[rows])

    def floats(self, rows: Tensor | slice) -> Tensor:
        """`[n, C, H, W]` float32 in [0, 1], multiples of 1/255 as `Classifier.prepare` gives them."""
        return self.images[rows].float() / 255


def collect(
    pictures: Iterable[tuple[Callable[[], Image.Image], int]],
    *,
    count: int,
    size: Size | None,
    names: tuple[str, ...],
    where: str,
) -> ImageSet:
    """Open pictures one after another into a set.

    Args:
        pictures: how to open each, and its class.
        count: how many there are.
        size: `(C, H, W)` to bring them to; None: as the first one is.
        names: one a class.
        where: what people call the set, for errors.

    Raises:
        InputError: there are none, one cannot be read, or they differ in size and none was given.
        ResourceError: too large for the memory.
    """
    images: Tensor | None = None
    labels = torch.empty(count, dtype=torch.int64)
    for row, (open_picture, label) in enumerate(pictures):
        try:
            picture = open_picture()
            pixels = _pixels(picture, size)
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise InputError(f"Picture {row} of {where} cannot be read: {error}.") from error
        if images is None:
            images = _room(count, pixels, where)
        if pixels.shape != images.shape[1:]:
            raise InputError(
                f"The pictures of {where} differ in size: say which to bring them to, for instance --size 64."
            )
        images[row] = pixels
        labels[row] = label
    if images is None:
        raise InputError(f"There are no pictures in {where}.")
    return ImageSet(images, labels, names)


def _room(count: int, pixels: Tensor, where: str) -> Tensor:
    need = count * pixels.numel()
    if need > _MOST:
        raise ResourceError(
            f"{where} takes {need / 2**30:,.0f} GB as pixels, and sets are worked on in memory: "
            "give a smaller --size, or fewer pictures."
        )
    return torch.empty(count, *pixels.shape, dtype=torch.uint8)


def _pixels(picture: Image.Image, size: Size | None) -> Tensor:
    grey = picture.mode in {"1", "L", "I", "F", "I;16"} if size is None else size[0] == 1
    picture = picture.convert("L" if grey else "RGB")
    if size is not None and picture.size != (size[2], size[1]):
        picture = picture.resize((size[2], size[1]), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(picture))
    return pixels.unsqueeze(0) if grey else pixels.permute(2, 0, 1)
