"""Along straight lines from a picture: how far the boundary is, and what the loss does on the way."""

from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.analysis.readings import Reader, Readings

# Distances that are looked at in one go: a few more than needed cost less than many small batches.
_AT_ONCE = 8
# Halvings of the interval in which a boundary was seen: to less than a ten-thousandth of it.
_HALVINGS = 14


@dataclass(frozen=True)
class Rays:
    """Half-lines from one picture.

    Attributes:
        reader: whom to ask, and about which class.
        origin: the picture `[C, H, W]`.
        directions: `[D, C, H, W]`; distances are in multiples of these, so give them size 1 in a norm.
    """

    reader: Reader
    origin: Tensor
    directions: Tensor

    def along(self, distances: Tensor) -> Readings:
        """At distances `[T]` on each ray: numbers `[D, T]`."""
        count = len(self.directions)
        rays = torch.arange(count).repeat_interleave(len(distances))
        flat = self._read(rays, distances.repeat(count))
        return Readings(**{name: value.reshape(count, -1) for name, value in vars(flat).items()})

    def boundary(self, reach: float, points: int = 64) -> Tensor:
        """Where each ray first leaves the clean class: distances `[D]`, float64; infinite where it does not.

        Looked for at evenly spread points and then halved. What begins and ends between two of the points is
        not seen.

        Args:
            reach: how far to look.
            points: how many distances to look at first.
        """
        first = torch.full((len(self.directions),), torch.inf, dtype=torch.float64)
        distances = torch.arange(1, points + 1, dtype=torch.float64) * (reach / points)
        first[~self._inside(torch.arange(len(first)), torch.zeros(len(first), dtype=torch.float64))] = 0
        for part in torch.split(distances, _AT_ONCE):
            rays = (first == torch.inf).nonzero().squeeze(1)
            if len(rays) == 0:
                break
            inside = self._inside(rays.repeat_interleave(len(part)), part.repeat(len(rays))).reshape(-1, len(part))
            crossed = ~inside.all(1)
            first[rays[crossed]] = part[(~inside[crossed]).int().argmax(1)]
        rays = (first.isfinite() & (first > 0)).nonzero().squeeze(1)
        first[rays] = self._halve(rays, first[rays], reach / points)
        return first

    def _halve(self, rays: Tensor, outside: Tensor, width: float) -> Tensor:
        """The boundary on each ray, given that it lies in the last `width` before `outside`."""
        if len(rays) == 0:
            return outside
        low, high = outside - width, outside.clone()
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            inside = self._inside(rays, middle)
            low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
        return (low + high) / 2

    def _inside(self, rays: Tensor, distances: Tensor) -> Tensor:
        """Whether the clean class is still answered `[Q]`; a tie is its edge, and NaN is no answer."""
        return self._read(rays, distances).margin.cpu() > 0

    def _read(self, rays: Tensor, distances: Tensor) -> Readings:
        """At one distance on one ray each."""

        def block(part: Tensor) -> Tensor:
            chosen = self.directions[rays[part]]
            return self.origin + distances[part].to(chosen).reshape(-1, 1, 1, 1) * chosen

        return self.reader.read(block(part) for part in torch.split(torch.arange(len(rays)), 256))
