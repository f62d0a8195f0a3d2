"""Pixels that change together: drawn at random, in a square, or along the border; each picture has a region of its own.

Regions are masks `[n, 1, H, W]`; counts, sides and widths are one number a picture, corners are rows and columns.
"""

import torch
from torch import Tensor

from advlab.core.randomness import Noise


def chosen(noise: Noise, allowed: Tensor, count: Tensor, draw: int = 0) -> Tensor:
    """`count` `[n]` of the allowed pixels at random; all of them where there are fewer."""
    pixels = allowed[0].numel()
    most = min(int(count.max()), pixels)
    found = torch.zeros_like(allowed).flatten(1)
    if most > 0:
        worth = noise.uniform((pixels,), draw=draw).masked_fill(~allowed.flatten(1), -1)
        best, place = worth.topk(most, dim=1)
        taken = (best >= 0) & (torch.arange(most, device=count.device) < count.unsqueeze(1))
        found.scatter_(1, place, taken)
    return found.reshape(allowed.shape)


def square(corner: Tensor, side: Tensor, like: Tensor) -> Tensor:
    """The squares at `corner` `[n, 2]`, as masks for images `like`; what lies beyond the border is cut off."""
    return _from_to(corner, corner + side.unsqueeze(1) - 1, like)


def _from_to(first: Tensor, last: Tensor, like: Tensor) -> Tensor:
    """The rectangles between two corners `[n, 2]`, both included."""
    first, last = first.reshape(-1, 2, 1, 1, 1), last.reshape(-1, 2, 1, 1, 1)
    down = torch.arange(like.shape[2], device=like.device).reshape(1, 1, -1, 1)
    right = torch.arange(like.shape[3], device=like.device).reshape(1, 1, 1, -1)
    return (down >= first[:, 0]) & (down <= last[:, 0]) & (right >= first[:, 1]) & (right <= last[:, 1])


def corner_within(noise: Noise, corner: Tensor, room: Tensor, draw: int = 0) -> Tensor:
    """A corner up to `room` `[n, 2]` further down and right, at random."""
    steps = [noise.integers(room[:, axis] + 1, draw=draw + axis) for axis in (0, 1)]
    return corner + torch.stack(steps, 1)


def frame(width: Tensor, like: Tensor) -> Tensor:
    """The frames of this width along the border."""
    down, right = (torch.arange(side, device=like.device) for side in like.shape[2:])
    down, right = torch.minimum(down, down.flip(0)), torch.minimum(right, right.flip(0))
    return torch.minimum(down.unsqueeze(1), right) < width.reshape(-1, 1, 1, 1)


def widest_frame(count: Tensor, height: int, width: int) -> Tensor:
    """The width of the widest frame of at most `count` `[n]` pixels; 0 where even the thinnest has more."""
    widths = torch.arange(1, (min(height, width) + 1) // 2 + 1, device=count.device)
    inside = (height - 2 * widths).clamp_min(0) * (width - 2 * widths).clamp_min(0)
    return (height * width - inside <= count.unsqueeze(1)).sum(1)


def beside(noise: Noise, allowed: Tensor, size: Tensor, draw: int = 0) -> Tensor:
    """Squares of `size` `[n]` that have one of the allowed pixels at a corner, whichever, as masks."""
    start = chosen(noise, allowed, torch.ones_like(size), draw=draw).flatten(1).int().argmax(1)
    corner = torch.stack((start // allowed.shape[3], start % allowed.shape[3]), 1)
    back = torch.stack([noise.integers(2, draw=draw + 1 + axis) for axis in (0, 1)], 1)
    return square(corner - back * (size.unsqueeze(1) - 1), size, allowed)


def shifted(images: Tensor, by: Tensor) -> Tensor:
    """Images moved `by` `[n, 2]` pixels down and right; what comes in is the border, repeated."""
    for axis, length in ((2, images.shape[2]), (3, images.shape[3])):
        place = (torch.arange(length, device=by.device) - by[:, axis - 2].unsqueeze(1)).clamp(0, length - 1)
        shape = (len(images), 1, -1, 1) if axis == 2 else (len(images), 1, 1, -1)
        images = images.gather(axis, place.reshape(shape).expand_as(images))
    return images


def corners(noise: Noise, shape: tuple[int, ...], like: Tensor, draw: int = 0) -> Tensor:
    """Colors `[n, *shape]` with each channel off or on."""
    return (noise.uniform(shape, draw=draw) < 0.5).to(like.dtype)
