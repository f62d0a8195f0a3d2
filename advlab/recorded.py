"""Whether a run is repeated on what it was recorded on: only then is it the same to the bit."""

import hashlib
from collections.abc import Mapping
from typing import NotRequired, TypedDict

import torch
from torch import Tensor

from advlab._version import __version__
from advlab.core.classifier import Classifier


class Execution(TypedDict):
    """On what a classifier computes, here and now."""

    device: str
    threads: int
    precision: str
    channels_last: bool
    chunk: int | None
    processor: str
    torch: str
    advlab: str
    model_digest: str
    source_digest: NotRequired[str]


def execution(classifier: Classifier, source: Classifier | None = None) -> Execution:
    """Device, threads, versions and all else that the last bits of a result hang on.

    Args:
        classifier: what is attacked.
        source: what the picture is made on, if that is another one.
    """
    how = classifier.execution
    found = Execution(
        device=str(classifier.device),
        threads=torch.get_num_threads(),
        precision=how.precision,
        channels_last=how.channels_last,
        chunk=how.chunk,
        processor=torch.backends.cpu.get_cpu_capability(),
        torch=str(torch.__version__),
        advlab=__version__,
        model_digest=classifier.digest,
    )
    return found if source is None else Execution(**found, source_digest=source.digest)


def compare_execution(classifier: Classifier, recorded: Mapping[str, object], source: Classifier | None = None) -> str:
    """One sentence: whether to expect the recorded result to the bit, and if not, what is different here.

    Args:
        classifier: what is about to be attacked.
        recorded: some of the names in `Execution` with their recorded values.
        source: what the picture is made on, if that is another one.
    """
    here = execution(classifier, source)
    different = [
        f"{name} {_short(value)}, here {_short(here.get(name))}"
        for name, value in recorded.items()
        if here.get(name) != value
    ]
    if not different:
        return "This is the recorded execution: expect the same result, to the bit."
    return f"Not the recorded execution ({'; '.join(different)}): expect about the same result, not the same bits."


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 20 else text[:12] + "…"


def pixel_digest(image: Tensor) -> str:
    """SHA-256 of the shape and pixels of an image `[C, H, W]`: uint8, or in [0, 1] and then rounded to 8 bits."""
    levels = image if image.dtype == torch.uint8 else (image * 255).round().to(torch.uint8)
    pixels = levels.permute(1, 2, 0).cpu().contiguous().numpy()
    return hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()
