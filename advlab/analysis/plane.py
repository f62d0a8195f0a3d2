"""A flat piece of picture space: where in it a picture lies, and how far the ball and the box reach.

Only geometry: no model is asked here.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core import norms
from advlab.core.norms import Norm
from advlab.errors import InputError, ThreatError

# Of a direction's length: what has to be left of it beside the other one.
_SPAN = 1e-4


@dataclass(frozen=True)
class Plane:
    """All pictures `origin + a * axes[0] + b * axes[1]`.

    The axes are at right angles, and moving along one by a changes a picture by |a| in the norm: `a` and `b` are
    in the unit that ε is in. In between the norm is another one: see `outline`.

    Attributes:
        origin: a picture `[C, H, W]` in [0, 1].
        axes: `[2, C, H, W]`, each of size 1 in the norm.
        norm: what is measured with.
    """

    origin: Tensor
    axes: Tensor
    norm: Norm

    @classmethod
    def through(cls, origin: Tensor, first: Tensor, second: Tensor, norm: str | Norm = Norm.LINF) -> "Plane":
        """The plane of a picture and two directions `[C, H, W]` of any length.

        The first is kept, of the second what is at a right angle to it (Gram and Schmidt).

        Raises:
            InputError: a direction is zero, or both are the same line. ThreatError: L0 measures no lengths.
        """
        norm = Norm(norm)
        if norm is Norm.L0:
            raise ThreatError("A plane is measured in L∞, L2 or L1: along a line L0 is the same everywhere.")
        one, two = (_unit(direction) for direction in (first, second))
        two = two - (one * two).sum() * one
        if float(two.norm()) < _SPAN:
            raise InputError("Both directions are the same line, so there is no plane: choose another second one.")
        axes = torch.stack([one, two])
        axes = axes / norms.per_image(norms.size(axes, norm), axes)
        return cls(origin, axes.to(origin.dtype), norm)

    def at(self, positions: Tensor) -> Tensor:
        """The pictures `[Q, C, H, W]` at positions `[Q, 2]`, wherever these are: in [0, 1] or not."""
        flat = positions.to(self.axes) @ self.axes.flatten(1)
        return flat.reshape(-1, *self.origin.shape).add_(self.origin)

    def locate(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Where in the plane pictures `[N, C, H, W]` are: `[N, 2]`, and the norm `[N]` of what lies off it."""
        delta = (images - self.origin).double().flatten(1)
        axes = self.axes.double().flatten(1)
        positions = delta @ axes.T / axes.square().sum(1)
        off = (delta - positions @ axes).reshape(images.shape)
        return positions, norms.size(off, self.norm)

    def outline(self, eps: float, norm: str | Norm | None = None, points: int = 360) -> Tensor:
        """The edge of the ball around the origin, where the plane cuts it: positions `[points + 1, 2]`, closed.

        For L∞ and L1 that is a polygon with about as many corners as there are pixels, and no box or diamond.
        """
        norm = Norm(norm or self.norm)
        angles = _angles(points, self.axes)
        sizes = torch.cat([norms.size(self._towards(part), norm) for part in torch.split(angles, 32)])
        return _polar(angles, eps / sizes)

    def box(self, points: int = 360) -> Tensor:
        """The edge of what is a picture, where the plane leaves [0, 1]: positions `[points + 1, 2]`, closed.

        Where a pixel of the origin is black or white, the plane leaves the box at once, on one side at least.
        """
        angles = _angles(points, self.axes)
        reach = []
        for part in torch.split(angles, 32):
            step = self._towards(part).flatten(1)
            room = torch.where(step > 0, 1 - self.origin.flatten(), self.origin.flatten()).clamp_min(0)
            reach.append((room / step.abs().clamp_min(1e-30)).amin(1))
        return _polar(angles, torch.cat(reach))

    def outside(self, positions: Tensor) -> Tensor:
        """The share `[Q]` of the values of each picture that are below 0 or above 1, by more than rounding."""
        images = self.at(positions).flatten(1)
        return ((images < -1e-6) | (images > 1 + 1e-6)).double().mean(1)

    def _towards(self, angles: Tensor) -> Tensor:
        """Directions `[A, C, H, W]` in the plane."""
        turned = torch.stack([angles.cos(), angles.sin()], 1).to(self.axes.dtype)
        return (turned @ self.axes.flatten(1)).reshape(-1, *self.origin.shape)


def _unit(direction: Tensor) -> Tensor:
    """Of length 1, in double precision."""
    exact = direction.double()
    length = exact.norm()
    if not bool(length > 0) or not bool(length.isfinite()):
        raise InputError("A direction of the plane is zero or not finite: choose another one.")
    unit: Tensor = exact / length
    return unit


def _angles(points: int, like: Tensor) -> Tensor:
    return torch.arange(points, device=like.device, dtype=torch.float64) * (2 * math.pi / points)


def _polar(angles: Tensor, radius: Tensor) -> Tensor:
    corners = radius.double().unsqueeze(1) * torch.stack([angles.cos(), angles.sin()], 1)
    return torch.cat([corners, corners[:1]])
