"""Make torchvision importable next to a PyTorch that its compiled part does not fit.

torchvision's wheel is linked against CUDA. On a CPU-only PyTorch its library cannot be loaded, and
`import torchvision` ends with "operator torchvision::nms does not exist", because two operators are
described there without having been defined. We need neither: defining their schemas is enough.
This module is imported first, and does nothing where the operators exist.
"""

import importlib.util
from pathlib import Path

import torch

_OPERATORS = ("nms", "qnms")
_library: torch.library.Library | None = None


def _missing() -> list[str]:
    return [name for name in _OPERATORS if not hasattr(torch.ops.torchvision, name)]


def define_missing_operators() -> list[str]:
    """Define the schemas that torchvision's own library could not; return their names."""
    global _library
    spec = importlib.util.find_spec("torchvision")
    if not _missing() or spec is None or spec.origin is None:
        return []
    for library in Path(spec.origin).parent.glob("_C*"):
        try:
            torch.ops.load_library(library)  # type: ignore[no-untyped-call]
        except OSError:  # linked against a CUDA that is not here
            continue
    missing = _missing()
    if missing:
        _library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for name in missing:
            schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            _library.define(schema)  # type: ignore[no-untyped-call]
    return missing


define_missing_operators()
