"""Cutting work into pieces that fit: by size at first, by halving when the memory says no."""

import ctypes
import functools
import os
import sys
import time
import weakref
from collections.abc import Callable

import torch
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.errors import ResourceError

# Values in the input of one chunk. Measured on two cores with EfficientNet-Lite0: the time an image takes
# is flat from 4 images at once upwards, so chunks stay small enough for Stop to be heard: 17 forward
# passes or 8 gradients, 0.10 to 0.13 s. A GPU wants to be filled.
_VALUES = {"cpu": 5 * 2**19, "mps": 2**22, "cuda": 2**26}

# How long a classifier's chunks stay as small as its memory made them: others may have left the device since.
_REMEMBERED = 600.0
# Of each classifier, forwards and backwards: how many images fitted last, and until when that is believed.
_fitting: weakref.WeakKeyDictionary[Classifier, dict[bool, tuple[int, float]]] = weakref.WeakKeyDictionary()

# mallopt's names for its parameters, and what we set: memory is kept up to a GiB.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT = 2**30
_OWN_SETTINGS = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


@functools.cache
def keep_freed() -> bool:
    """Ask glibc to keep the memory that a backward pass frees, for the next one; whether it could be asked.

    By default a gradient's activations go back to the system at the end of a step and are faulted in
    again, page by page, at the next: 6,000 to 10,000 faults an image of 224 px. On a quiet machine that costs
    little for 8 images at once and two thirds of the time for 24; on a busy one a third even for 8. The
    setting is the process's, so it is left alone where somebody chose one in the environment.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _OWN_SETTINGS):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # not in musl
    if mallopt is None:
        return False
    return bool(mallopt(_M_TRIM_THRESHOLD, _KEPT)) and bool(mallopt(_M_MMAP_THRESHOLD, _KEPT))


def chunk_size(classifier: Classifier, *, backward: bool) -> int:
    """How many images to put through the model at once: no more than fitted in the last ten minutes."""
    size = _wanted(classifier, backward=backward)
    fitted, until = _fitting.get(classifier, {}).get(backward, (size, 0.0))
    return min(size, fitted) if time.monotonic() < until else size


def _wanted(classifier: Classifier, *, backward: bool) -> int:
    if classifier.execution.chunk is not None:
        return max(1, classifier.execution.chunk // classifier.passes)
    channels, height, width = classifier.input_size
    values = _VALUES.get(classifier.device.type, 5 * 2**19)
    images = values // (channels * height * width) // (1 if not backward else 2)
    return max(1, images // classifier.passes)


def in_chunks(
    count: int, classifier: Classifier, work: Callable[[slice], tuple[Tensor, ...]], *, backward: bool = False
) -> tuple[Tensor, ...]:
    """`work` on consecutive slices of `count` images, its tensors joined; half as many when out of memory.

    The next call begins with what fitted.
    """
    size = chunk_size(classifier, backward=backward)
    parts: list[tuple[Tensor, ...]] = []
    begin = 0
    while begin < count:
        part = slice(begin, min(begin + size, count))
        try:
            parts.append(work(part))
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            if size == 1:
                raise ResourceError(
                    f"{classifier.name} does not fit into the memory of {classifier.device} even with one "
                    "image: choose a smaller model or close what else uses the memory."
                ) from error
        else:
            begin += size
            continue
        size = max(1, size // 2)
        _fitting.setdefault(classifier, {})[backward] = size, time.monotonic() + _REMEMBERED
        release(classifier.device)  # out here: inside, the error's frames still hold what they could not finish
    return parts[0] if len(parts) == 1 else tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))


def release(device: torch.device) -> None:
    """Give back what the failed attempt left in PyTorch's own pool, which is in pieces too small for the next."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


# What the allocators say where they do not raise torch's own error: CUDA and its libraries, glibc, Windows, Metal.
_SAID = ("out of memory", "allocate memory", "not enough memory", "_alloc_failed")


def out_of_memory(error: BaseException) -> bool:
    """Whether this is the memory of some device saying no."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _SAID)
