"""Cutting work into pieces that fit: by size at first, by halving when the memory says no."""

from collections.abc import Callable

import torch
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.errors import ResourceError

# Values in the input of one chunk. On a CPU small chunks cost nothing and let Stop be heard within
# 300 ms (8 gradients of a small ImageNet network); a GPU wants to be filled.
_VALUES = {"cpu": 5 * 2**19, "mps": 2**22, "cuda": 2**26}


def chunk_size(classifier: Classifier, *, backward: bool) -> int:
    """How many images to put through the model at once, before any halving."""
    if classifier.execution.chunk is not None:
        return classifier.execution.chunk
    channels, height, width = classifier.input_size
    values = _VALUES.get(classifier.device.type, 5 * 2**19)
    return max(1, values // (channels * height * width) // (1 if not backward else 2))


def in_chunks(
    count: int, classifier: Classifier, work: Callable[[slice], tuple[Tensor, ...]], *, backward: bool = False
) -> tuple[Tensor, ...]:
    """`work` on consecutive slices of `count` images, its tensors joined; half as many when out of memory."""
    size = chunk_size(classifier, backward=backward)
    parts: list[tuple[Tensor, ...]] = []
    begin = 0
    while begin < count:
        part = slice(begin, min(begin + size, count))
        try:
            parts.append(work(part))
        except RuntimeError as error:
            if not _out_of_memory(error):
                raise
            if size == 1:
                raise ResourceError(
                    f"{classifier.name} does not fit into the memory of {classifier.device} even with one "
                    "image: choose a smaller model or close what else uses the memory."
                ) from error
            size = max(1, size // 2)
            continue
        begin += size
    return parts[0] if len(parts) == 1 else tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))


def _out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
