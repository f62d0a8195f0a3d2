"""Cutting memory-bound work into parts that stay in a processor's cache."""

from collections.abc import Iterator

import torch

# Numbers that are worked on at once on a CPU: what one operation writes the next finds in the cache.
_IN_CACHE = 2**18


def in_cache(count: int, values: int, device: torch.device) -> Iterator[slice]:
    """Cut `count` rows of `values` numbers into slices that fit the cache; a GPU gets all rows at once."""
    size = max(1, _IN_CACHE // max(1, values)) if device.type == "cpu" else max(1, count)
    for begin in range(0, count, size):
        yield slice(begin, min(begin + size, count))
