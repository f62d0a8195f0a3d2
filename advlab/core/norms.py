"""Geometry of the four norms, one image a row.

Every function takes images or perturbations `[N, ...]` and a radius `[N]`, and treats rows apart:
nothing here depends on which images share a batch.
"""

from enum import StrEnum

import torch
from torch import Tensor

from advlab.core.randomness import Noise
from advlab.errors import ThreatError


class Norm(StrEnum):
    """How the size of a perturbation is measured, on images in [0, 1].

    L0 counts pixels (positions), not values: a pixel counts once however many channels changed.
    """

    LINF = "linf"
    L2 = "l2"
    L1 = "l1"
    L0 = "l0"

    @property
    def symbol(self) -> str:
        """The norm as people write it."""
        return {"linf": "L∞", "l2": "L2", "l1": "L1", "l0": "L0"}[self.value]


def per_image(value: Tensor, like: Tensor) -> Tensor:
    """Shape `[N]` so that it broadcasts against images `[N, ...]`."""
    return value.reshape(-1, *([1] * (like.dim() - 1)))


def size(delta: Tensor, norm: Norm) -> Tensor:
    """Size `[N]` of each perturbation in `delta` `[N, C, H, W]`."""
    flat = delta.flatten(1)
    match norm:
        case Norm.LINF:
            # Two reductions: abs().amax() has a temporary of the size of the batch, and aminmax() of rows
            # takes twenty times as long, being one of the few that are not vectorised.
            return torch.maximum(flat.amax(1), -flat.amin(1))
        case Norm.L2:
            # In two stages: one sum over 150,000 values is wrong by 2e-5, more than the slack of `within`.
            rows = torch.linalg.vector_norm(delta, dim=-1).reshape(len(delta), -1)
            length: Tensor = torch.linalg.vector_norm(rows, dim=1)
            return length
        case Norm.L1:
            return flat.abs().sum(1)
        case Norm.L0:
            return (delta != 0).any(1).flatten(1).sum(1).to(delta.dtype)


def within(sizes: Tensor, eps: Tensor) -> Tensor:
    """Whether each size is inside its radius, up to rounding in float32.

    The slack is relative and absolute: a tighter test rejects correctly projected points at 0.1/255.
    """
    return sizes <= eps * (1 + 1e-5) + 1e-7


def project(images: Tensor, clean: Tensor, norm: Norm, eps: Tensor) -> Tensor:
    """The point of the ball around `clean` near each image, inside [0, 1].

    For L∞ this is the exact projection onto ball and box; for L2 the ball's projection is clamped
    to the box afterwards, which stays in the ball because `clean` is in the box.
    """
    radius = per_image(eps, clean)
    match norm:
        case Norm.LINF:
            inside = torch.minimum(torch.maximum(images, clean - radius), clean + radius)
        case Norm.L2:
            delta = images - clean
            length = per_image(size(delta, norm), clean)
            inside = clean + delta * (radius / length.clamp_min(1e-12)).clamp_max(1)
        case _:
            raise ThreatError(f"There is no projection onto the {norm.symbol} ball yet.")
    return inside.clamp_(0, 1)


def steepest(gradient: Tensor, norm: Norm) -> Tensor:
    """The direction of size 1 along which a linear function with this gradient grows fastest.

    A gradient that is exactly zero gives a zero direction, never 0/0.
    """
    match norm:
        case Norm.LINF:
            return gradient.sign()
        case Norm.L2:
            # By the largest first: squares of numbers below 1e-22 vanish in float32.
            peak = per_image(size(gradient, Norm.LINF), gradient)
            gradient = gradient / torch.where(peak > 0, peak, 1)
            return gradient / per_image(size(gradient, norm), gradient).clamp_min(1)
        case _:
            raise ThreatError(f"There is no steepest step in {norm.symbol} yet.")


def random_in_ball(noise: Noise, clean: Tensor, norm: Norm, eps: Tensor) -> Tensor:
    """A perturbation drawn uniformly from each image's ball."""
    radius = per_image(eps, clean)
    shape = clean.shape[1:]
    match norm:
        case Norm.LINF:
            return (noise.uniform(shape).to(clean.dtype) * 2 - 1) * radius
        case Norm.L2:
            direction = steepest(noise.normal(shape).to(clean.dtype), norm)
            share = noise.uniform((1,), draw=1).to(clean.dtype).squeeze(1) ** (1 / shape.numel())
            return direction * per_image(share, clean) * radius
        case _:
            raise ThreatError(f"There is no random start in {norm.symbol} yet.")
