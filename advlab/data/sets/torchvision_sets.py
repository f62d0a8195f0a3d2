"""The data sets that torchvision knows, downloaded by torchvision when they are not here."""

import difflib
import inspect
import os
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

import advlab._torchvision  # noqa: F401 - before torchvision
from advlab.core.classifier import Size
from advlab.data.sets.image_set import ImageSet, collect
from advlab.errors import InputError, ParameterError, ResourceError


def read(name: str, split: str, size: Size | None) -> ImageSet:
    """A set by its class name in torchvision: `CIFAR10`, `MNIST`, `GTSRB`, ….

    It is kept in the folder `data` of `ADVLAB_HOME`, or of `~/.cache/advlab`.

    Raises:
        ParameterError: no such set, or none of labelled pictures. ResourceError: it cannot be downloaded.
    """
    from torchvision import datasets  # noqa: PLC0415 - takes seconds

    if name not in datasets.__all__ or not inspect.isclass(getattr(datasets, name)):
        near = difflib.get_close_matches(name, datasets.__all__, n=3, cutoff=0.4)
        hint = f" Did you mean: {', '.join(near)}?" if near else ""
        raise ParameterError(f"torchvision has no data set “{name}”.{hint}")
    found = _made(getattr(datasets, name), name, split)
    pictures = ((partial(_picture, found, row), _label(found, row, name)) for row in range(len(found)))
    return collect(pictures, count=len(found), size=size, names=_names(found), where=name)


def home() -> Path:
    """Where downloaded sets are kept."""
    own = os.environ.get("ADVLAB_HOME")
    return (Path(own) if own else Path.home() / ".cache" / "advlab") / "data"


def _made(kind: Any, name: str, split: str) -> Any:  # noqa: ANN401 - torchvision is untyped
    """The set, by whichever way its class tells train from test."""
    known = inspect.signature(kind).parameters
    options: dict[str, Any] = {"root": str(home() / name)}
    if "train" in known:
        options["train"] = split == "train"
    elif "split" in known:
        options["split"] = split
    if "download" in known:
        options["download"] = True
    Path(options["root"]).mkdir(parents=True, exist_ok=True)
    try:
        return kind(**options)
    except (RuntimeError, OSError) as error:
        raise ResourceError(
            f"{name} is not on this computer and cannot be downloaded ({error}). With a network it comes by itself; "
            "without one give --data FOLDER, a folder of class folders or of Parquet files."
        ) from error
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} cannot be used here: it is no set of labelled pictures ({error}).") from error


def _picture(found: Any, row: int) -> Image.Image:  # noqa: ANN401
    picture = found[row][0]
    if not isinstance(picture, Image.Image):
        raise InputError("The set does not give pictures.")
    return picture


def _label(found: Any, row: int, name: str) -> int:  # noqa: ANN401
    """A label without opening the picture, where the set keeps its labels."""
    for attribute in ("targets", "labels", "_labels"):
        labels = getattr(found, attribute, None)
        if labels is not None and len(labels) == len(found):
            return int(labels[row])
    label = found[row][1]
    if not isinstance(label, int):
        raise ParameterError(f"{name} cannot be used here: its labels are no classes.")
    return label


def _names(found: Any) -> tuple[str, ...]:  # noqa: ANN401
    names = getattr(found, "classes", None)
    if names:
        return tuple(str(name[0] if isinstance(name, tuple) else name) for name in names)
    count = max(_label(found, row, "") for row in range(len(found))) + 1
    return tuple(map(str, range(count)))
