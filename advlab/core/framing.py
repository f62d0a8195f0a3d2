"""From a picture to a model's pixels, in 8 bits: scaled and cropped, or taken as they are."""

import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from advlab.errors import InputError

# A picture of 1 × 20,000 pixels, scaled until its short side is 256, has 1.3 thousand million of them, of
# which the crop keeps the middle. Beyond this many the middle is taken first.
_MOST_SCALED = 2**24
_LONGEST = 64  # times the short side: what is then left


def scaled(
    picture: Image.Image,
    height: int,
    width: int,
    crop: float,
    resample: Image.Resampling,
    *,
    resize: int | None = None,
    squash: bool = False,
) -> Image.Image:
    """The middle `height` × `width` of a picture that is scaled by torchvision's and timm's rule.

    The picture is resized so that it just covers the size divided by `crop`, then its centre is cropped.
    Pictures of extreme proportions (for inputs of 224 pixels: above 256 to 1) lose their ends before they
    are resized: the crop would not show them, and the memory would not hold them.

    Args:
        picture: grey or RGB.
        height, width: of what comes out.
        crop: the share of the resized picture that is kept.
        resample: the filter.
        resize: pixels of the short side before the crop, in place of what `crop` says.
        squash: resize both sides alike, whatever the proportions.
    """
    tall, wide = (resize, resize) if resize else (math.floor(height / crop), math.floor(width / crop))
    whole = (wide, tall) if squash else _covering(picture, tall, wide)
    if whole[0] * whole[1] > _MOST_SCALED:
        picture = _middle(picture)
        whole = _covering(picture, tall, wide)
    if whole != picture.size:
        picture = picture.resize(whole, resample)
    left, top = round((whole[0] - width) / 2), round((whole[1] - height) / 2)
    return picture.crop((left, top, left + width, top + height))


def _covering(picture: Image.Image, tall: int, wide: int) -> tuple[int, int]:
    """The size at which a picture just covers so many pixels (torchvision's rule)."""
    width, height = picture.size
    if width * tall >= height * wide:  # wider than the target: the height decides
        return int(tall * width / height), tall
    return wide, int(wide * height / width)


def _middle(picture: Image.Image) -> Image.Image:
    """As much cut off from both ends of the long side, so that the centre stays where it is."""
    longest = _LONGEST * min(picture.size)
    across, down = (max(0, (side - longest) // 2) for side in picture.size)
    return picture.crop((across, down, picture.width - across, picture.height - down))


def in_channels(picture: Image.Image, channels: int, name: str) -> Image.Image:
    """The picture in grey for one channel, in RGB for three.

    Raises:
        InputError: no picture has as many channels, or its values are not 8-bit.
    """
    if channels not in (1, 3):
        raise InputError(f"{name} takes {channels} channels: no picture has as many.")
    if picture.mode.startswith("I") or picture.mode == "F":
        raise InputError(
            f"The picture has values beyond 8 bits (mode {picture.mode}): read its file with advlab.data.pictures.read."
        )
    return picture.convert("L" if channels == 1 else "RGB")


def pixels(picture: Image.Image) -> Tensor:
    """The pixels `(1, C, H, W)` of a grey or RGB picture: float32, multiples of 1/255."""
    values = np.array(picture, dtype=np.uint8).reshape(picture.height, picture.width, -1)
    return (torch.from_numpy(values).permute(2, 0, 1).unsqueeze(0).float() / 255).contiguous()
