"""Geometry of the four norms, one image a row.

Every function takes images or perturbations `[N, ...]` and a radius `[N]`, and treats rows apart:
nothing here depends on which images share a batch.
"""

from enum import StrEnum

import torch
from torch import Tensor

from advlab.core.randomness import Noise
from advlab.errors import ThreatError

# Tells the radius of a start apart from its direction.
_RADIUS = 7
# Of the search for L1's projection: a bisection alone is as exact as float32 after these.
_ROUNDS = 40


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

    For L∞ and L1 this is the exact projection onto ball and box; for L2 the ball's projection is clamped
    to the box afterwards, which stays in the ball because `clean` is in the box. In L0 the pixels that changed
    most stay.
    """
    radius = per_image(eps, clean)
    match norm:
        case Norm.LINF:
            inside = torch.minimum(torch.maximum(images, clean - radius), clean + radius)
        case Norm.L2:
            delta = images - clean
            length = per_image(size(delta, norm), clean)
            inside = clean + delta * (radius / length.clamp_min(1e-12)).clamp_max(1)
        case Norm.L1:
            inside = _into_l1_and_box(images, clean, eps)
        case Norm.L0:
            inside = keep_pixels(images, clean, eps.floor().long())
    return inside.clamp_(0, 1)


def keep_pixels(images: Tensor, clean: Tensor, count: Tensor, worth: Tensor | None = None) -> Tensor:
    """`images` where they changed most, in `count` `[N]` pixels each; `clean` elsewhere.

    With `worth` `[N, H, W]` those stay that have most of it.
    """
    worth = (images - clean).square().sum(1) if worth is None else worth
    order = worth.flatten(1).argsort(dim=1, descending=True, stable=True)
    places = torch.arange(order.shape[1], device=order.device).expand_as(order)
    place = torch.empty_like(order).scatter_(1, order, places)
    kept = (place < count.unsqueeze(1)).reshape(len(clean), 1, *clean.shape[2:])
    return torch.where(kept, images, clean)


def _into_l1_and_box(images: Tensor, clean: Tensor, eps: Tensor) -> Tensor:
    """The nearest point of both: every value comes closer to `clean` by the same amount, cut by the box.

    Were the box to cut what the ball alone allows, the radius would be spent on values that cannot be had.

    Reference: Croce, Hein: Mind the box: l1-APGD for sparse adversarial attacks on image classifiers, ICML 2021,
    arXiv 2103.01208, proposition 2.1. They sort to find the amount; see `_level`.
    """
    start = clean.flatten(1)
    delta = images.flatten(1) - start
    room = torch.where(delta > 0, 1 - start, start)
    length = delta.abs()
    length = torch.minimum((length - _level(length, room, eps).unsqueeze(1)).clamp_min_(0), room)
    moved = start + length * delta.sign()
    # Thousands of values, each rounded away from the clean one, are more than `within` forgives.
    moved = torch.where((moved - start).abs() > length, torch.nextafter(moved, start), moved)
    boxed = images.clamp(0, 1)
    return torch.where(per_image(size(boxed - clean, Norm.L1) <= eps, clean), boxed, moved.reshape(clean.shape))


def _level(length: Tensor, room: Tensor, eps: Tensor) -> Tensor:
    """What `[N]` to take off each of the lengths `[N, D]`, cut at `room`, so that they sum to `eps` `[N]`.

    By Newton's method, kept between two bounds because the sum is neither convex nor concave: it ends in a dozen
    rounds, and a sort of all values takes twice as long as a small network's gradient.
    """
    low, high = torch.zeros_like(eps), length.amax(1)
    level, arrived = low, low > high
    for _ in range(_ROUNDS):
        left = torch.minimum((length - level.unsqueeze(1)).clamp_min_(0), room)
        excess = left.sum(1) - eps
        low, high = torch.where(excess > 0, level, low), torch.where(excess > 0, high, level)
        newton = level + excess / ((left > 0) & (left < room)).sum(1)
        further = torch.where((newton > low) & (newton < high), newton, (low + high) / 2)
        # Rows that have arrived stay where they are, so that no row depends on how long another one takes.
        arrived = (excess.abs() <= 1e-6 * eps) | ((excess <= 0) & (level <= 0))
        level = torch.where(arrived, level, further)
        if bool(arrived.all()):
            break
    return torch.where(arrived, level, high)  # which is never too little


def steepest(gradient: Tensor, norm: Norm, values: Tensor | None = None) -> Tensor:
    """The direction of size 1 along which a linear function with this gradient grows fastest.

    A gradient that is exactly zero gives a zero direction, never 0/0. In L1 only one value of an image changes;
    with `values` `[N]`, at least 1, that many change by the same amount: those with the largest slopes.
    """
    match norm:
        case Norm.LINF:
            return gradient.sign()
        case Norm.L2:
            # By the largest first: squares of numbers below 1e-22 vanish in float32.
            peak = per_image(size(gradient, Norm.LINF), gradient)
            gradient = gradient / torch.where(peak > 0, peak, 1)
            return gradient / per_image(size(gradient, norm), gradient).clamp_min(1)
        case Norm.L1:
            flat = gradient.flatten(1)
            most = 1 if values is None else int(values.max())
            places = flat.abs().topk(most, dim=1).indices
            signs = flat.gather(1, places).sign()
            if values is not None:
                signs[torch.arange(most, device=values.device) >= values.unsqueeze(1)] = 0
            signs /= signs.abs().sum(1, keepdim=True).clamp_min(1)
            return torch.zeros_like(flat).scatter_(1, places, signs).reshape(gradient.shape)
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
        case Norm.L1:
            # Exponential lengths divided by their sum are uniform on the simplex, and signs put it on the sphere.
            length = -torch.log1p(-noise.uniform(shape).to(clean.dtype))
            sign = (noise.uniform(shape, draw=1) < 0.5).to(clean.dtype) * 2 - 1
            share = noise.uniform((1,), draw=2).to(clean.dtype).squeeze(1) ** (1 / shape.numel())
            return sign * length * per_image(share / length.flatten(1).sum(1), clean) * radius
        case _:
            raise ThreatError(f"There is no random start in {norm.symbol} yet.")


def random_start(noise: Noise, clean: Tensor, norm: Norm, eps: Tensor) -> Tensor:
    """Images at random in their balls, where a search may begin; in L2 each radius is as likely as any other.

    What is uniform in a ball of many dimensions is on its surface, where noise has used up what the steps may.
    """
    if norm is Norm.L2:
        eps = eps * noise.uniform((1,), draw=_RADIUS).squeeze(1)
    return project(clean + random_in_ball(noise, clean, norm, eps), clean, norm, eps)
