"""torchvision and timm, imported when first needed (it takes seconds) and by one thread at a time.

Importing either of them from two threads at once leaves one thread with half a package.
"""

import importlib
import threading
from typing import Any

_IMPORTING = threading.Lock()


def torchvision_models() -> Any:  # noqa: ANN401 - a module without types
    """`torchvision.models`."""
    with _IMPORTING:
        return importlib.import_module("torchvision.models")


def timm() -> Any:  # noqa: ANN401
    """`timm`, with all its models registered."""
    with _IMPORTING:
        return importlib.import_module("timm")
