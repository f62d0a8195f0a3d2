"""What happens to training images before they are learned, whole batches at once."""

import math

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor


class Augmentation(BaseModel):
    """Random changes that leave the class alone; each is off at zero.

    Attributes:
        crop: pixels by which an image is moved at most, its border reflected into what opens.
        flip: mirror half of the images.
        rotate: degrees at most, either way.
        scale: the share by which it grows or shrinks at most.
        light: the share by which brightness and contrast change at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    crop: int = Field(0, ge=0)
    flip: bool = False
    rotate: float = Field(0.0, ge=0, le=180)
    scale: float = Field(0.0, ge=0, lt=1)
    light: float = Field(0.0, ge=0, lt=1)

    def __call__(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Images `[N, C, H, W]` float32 in [0, 1], changed; the generator is on their device."""
        if self.crop:
            x = _moved(x, self.crop, generator)
        if self.flip:
            x = torch.where(_draw(x, generator) < 0.5, x.flip(3), x)
        if self.rotate or self.scale:
            x = self._turned(x, generator)
        if self.light:
            x = self._lit(x, generator)
        return x

    def _turned(self, x: Tensor, generator: torch.Generator) -> Tensor:
        angle = math.radians(self.rotate) * (2 * _draw(x, generator) - 1).flatten()
        size = 1 + self.scale * (2 * _draw(x, generator) - 1).flatten()
        cos, sin, zero = angle.cos() / size, angle.sin() / size, torch.zeros_like(angle)
        turn = torch.stack((torch.stack((cos, -sin, zero), 1), torch.stack((sin, cos, zero), 1)), 1)
        grid = F.affine_grid(turn, list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)

    def _lit(self, x: Tensor, generator: torch.Generator) -> Tensor:
        brightness = self.light * (2 * _draw(x, generator) - 1)
        contrast = 1 + self.light * (2 * _draw(x, generator) - 1)
        mean = x.mean((1, 2, 3), keepdim=True)
        return ((x - mean) * contrast + mean * (1 + brightness)).clamp_(0, 1)


def _draw(x: Tensor, generator: torch.Generator) -> Tensor:
    """One uniform number an image, `[N, 1, 1, 1]`."""
    return torch.rand(len(x), 1, 1, 1, generator=generator, device=x.device)


def _moved(x: Tensor, most: int, generator: torch.Generator) -> Tensor:
    count, channels, height, width = x.shape
    padded = F.pad(x, (most,) * 4, mode="reflect")
    down, right = torch.randint(2 * most + 1, (2, count, 1), generator=generator, device=x.device)
    rows = (down + torch.arange(height, device=x.device)).reshape(count, 1, height, 1)
    columns = (right + torch.arange(width, device=x.device)).reshape(count, 1, 1, width)
    image = torch.arange(count, device=x.device).reshape(count, 1, 1, 1)
    channel = torch.arange(channels, device=x.device).reshape(1, channels, 1, 1)
    return padded[image, channel, rows, columns]
