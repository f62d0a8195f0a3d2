"""JPEG: what the eye does not need is thrown away, and with it what the attack put there."""

import io
from typing import ClassVar

import torch
from PIL import Image
from torch import Tensor

from advlab.core import jpeg
from advlab.core.attack import Widget, param
from advlab.core.classifier import Size
from advlab.core.randomness import Noise
from advlab.core.transformation import Transformation
from advlab.defenses import register
from advlab.errors import ParameterError


@register
class JPEG(Transformation):
    """Compressed by a real encoder and decoded again.

    Reference: Das et al.: Keeping the bad guys out: protecting and vaccinating deep learning with JPEG compression,
    2017, arXiv 1705.02900; Guo, Rana, Cissé, van der Maaten: Countering adversarial images using input
    transformations, ICLR 2018, arXiv 1711.00117. Who knows it goes back through the codec as arithmetic.
    """

    name: ClassVar[str] = "jpeg"
    title: ClassVar[str] = "JPEG"
    backward: ClassVar[str | None] = "the same codec with rounding left out of the gradient"

    quality: int = param(75, "Quality", "Of the encoder.", ge=1, le=100, widget=Widget(10, 95, 5))

    def check(self, size: Size) -> None:
        """Pictures that a JPEG file holds."""
        if size[0] not in (1, 3):
            raise ParameterError(f"{self.title} holds pictures of 1 or 3 channels, not {size[0]}: choose another.")

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """Through the encoder, picture by picture."""
        pixels = (x.detach() * 255).round().clamp(0, 255).to("cpu", torch.uint8)
        decoded = torch.stack([_through(image, self.quality) for image in pixels])
        return decoded.to(x) / 255

    def smooth(self, x: Tensor, noise: Noise) -> Tensor:
        """The same as arithmetic."""
        return jpeg.compressed(x, self.quality)


def _through(image: Tensor, quality: int) -> Tensor:
    """Bytes `[C, H, W]` through a file in memory."""
    grey = len(image) == 1
    pixels = image[0] if grey else image.permute(1, 2, 0).contiguous()
    file = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(file, "JPEG", quality=quality)
    with Image.open(file) as found:
        raw = torch.frombuffer(bytearray(found.tobytes()), dtype=torch.uint8)
    return raw.reshape(1, *image.shape[1:]) if grey else raw.reshape(*image.shape[1:], 3).permute(2, 0, 1)
