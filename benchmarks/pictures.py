"""Many different images out of the four photos that scikit-image ships: crops and mirror images."""

import numpy as np
import skimage.data
import torch
from PIL import Image
from torch import Tensor

from advlab import Classifier

_PHOTOS = ("cat", "coffee", "rocket", "stereo_motorcycle")
# Share of the picture's width and height, and where the crop sits in what is left (0: left or top).
_CROPS = ((1.0, 0.5, 0.5), (0.8, 0.5, 0.5), (0.8, 0.1, 0.2), (0.8, 0.9, 0.8))


def photos() -> list[Image.Image]:
    """The four photos."""
    loaded = [getattr(skimage.data, name)() for name in _PHOTOS]
    return [Image.fromarray(np.asarray(photo[0] if isinstance(photo, tuple) else photo)) for photo in loaded]


def images(classifier: Classifier, count: int) -> Tensor:
    """`[count, C, H, W]`, at most 32: the whole photos first, then smaller parts, then mirrored."""
    made = []
    for mirrored in (False, True):
        for share, across, down in _CROPS:
            for photo in photos():
                width, height = round(photo.width * share), round(photo.height * share)
                left, top = round((photo.width - width) * across), round((photo.height - height) * down)
                part = photo.crop((left, top, left + width, top + height))
                part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else part
                made.append(classifier.prepare(part))
    return torch.cat(made[:count])
