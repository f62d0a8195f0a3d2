"""Which of many queries are the best of their images."""

from collections.abc import Iterator

import torch
from torch import Tensor

from advlab.core import norms
from advlab.core.norms import Norm
from advlab.core.parts import in_cache


def cut(x: Tensor, query: Tensor) -> Iterator[tuple[slice, slice | Tensor]]:
    """Parts of `query` that fit the cache, and their places in `x`: without a copy where it is all of `x`."""
    for part in in_cache(len(query), x[0].numel(), x.device):
        yield part, part if len(query) == len(x) else query[part]


def sizes(x: Tensor, query: Tensor, clean: Tensor, images: Tensor, norm: Norm) -> Tensor:
    """Sizes of the perturbations in `x[query]` of `clean[images]`, which are taken part by part."""
    return torch.cat([norms.size(x[which] - clean[images[part]], norm) for part, which in cut(x, query)])


def place_in_row(row: Tensor, count: int) -> Tensor:
    """How many queries `[Q]` of the same one of `count` rows stand before each."""
    order = torch.argsort(row, stable=True)
    counts = torch.bincount(row, minlength=count)
    first = (counts.cumsum(0) - counts)[row[order]]
    place = torch.empty_like(row)
    place[order] = torch.arange(len(row), device=row.device) - first
    return place


def in_box(x: Tensor, query: Tensor) -> Tensor:
    """Which of `x[query]` have all their pixels in [0, 1]; none with NaN."""
    ends = (torch.aminmax(x[which].flatten(1), dim=1) for _, which in cut(x, query))
    return torch.cat([(low >= 0) & (high <= 1) for low, high in ends])


def first_best(rank: Tensor, images: Tensor, count: int) -> Tensor:
    """Places of the highest rank of each image; of equals the first, however the device scatters."""
    best = rank.new_full((count,), -torch.inf).scatter_reduce(0, images, rank, "amax")
    place = torch.arange(len(images), device=images.device)
    winner = rank == best[images]
    first = torch.full_like(best, len(images), dtype=torch.int64)
    first = first.scatter_reduce(0, images[winner], place[winner], "amin")
    return place[winner & (first[images] == place)]
