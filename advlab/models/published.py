"""Weights that somebody published: what is known of them, in a form that can be written to a file."""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor, nn

from advlab.core.classifier import Preprocessing
from advlab.errors import ModelError
from advlab.models import folder
from advlab.models.card import Card


@dataclass(frozen=True)
class Record:
    """Everything on a card that is data; `options` are for the network's builder."""

    name: str
    title: str
    summary: str
    family: str
    architecture: str
    classes: int
    input_size: tuple[int, int, int]
    preprocessing: Preprocessing
    licence: str
    source: str
    accuracy: str
    accuracy_source: str
    parameters: int
    bytes: int
    url: str | None
    sha256_prefix: str | None
    file: str
    options: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def read(cls, plain: dict[str, Any]) -> "Record":
        """What `plain` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        how = dict(plain["preprocessing"])
        how.update(mean=tuple(how["mean"]), std=tuple(how["std"]), resample=Image.Resampling(how["resample"]))
        channels, height, width = plain["input_size"]
        return cls(**{**plain, "preprocessing": Preprocessing(**how), "input_size": (channels, height, width)})


def card(
    record: Record, labels: Callable[[], tuple[str, ...]], build: Callable[[Path], nn.Module], *, size: int = 0
) -> Card:
    """The card of a record; `size` is the file's, where it was published."""
    return Card(
        name=record.name,
        title=record.title,
        summary=record.summary,
        input_size=record.input_size,
        preprocessing=record.preprocessing,
        labels=labels,
        weights=lambda: folder.find(record.file, size),
        build=build,
        licence=record.licence,
        source=record.source,
        accuracy=record.accuracy,
        accuracy_source=record.accuracy_source,
        install=f"python -m advlab fetch {record.name}",
        family=record.family,
        parameters=record.parameters,
        bytes=record.bytes,
        url=record.url,
        sha256_prefix=record.sha256_prefix,
        file=record.file,
    )


def write(records: list[Record], file: Path, version: str) -> None:
    """Keep records for the next time; where the folder cannot be written to, do without."""
    text = json.dumps({"version": version, "records": [record.plain() for record in records]})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}")
        fresh.write_text(text, "utf-8")
        fresh.replace(file)
    except OSError:
        return


def read(file: Path, version: str) -> list[Record] | None:
    """The records that `write` left under this version; None if there are none to be had."""
    try:
        found = json.loads(file.read_text("utf-8"))
        return [Record.read(plain) for plain in found["records"]] if found["version"] == version else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def state(file: Path) -> dict[str, Tensor]:
    """The state dict in a file that we downloaded.

    Raises:
        ModelError: it is damaged.
    """
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except damage() as error:
        raise ModelError(
            f"The file {file.name} is damaged: delete it from {file.parent} and fetch it again."
        ) from error
    if not isinstance(found, dict):
        raise ModelError(f"The file {file.name} holds no state dict: delete it from {file.parent} and fetch it again.")
    return found


def damage() -> tuple[type[Exception], ...]:
    """What reading a file raises that is no state dict, or a torn one."""
    unpickling: type[Exception] = torch.serialization.pickle.UnpicklingError  # type: ignore[attr-defined]
    torn = RuntimeError, ValueError, EOFError, LookupError, AttributeError, OSError, TypeError, AssertionError
    return *torn, SafetensorError, unpickling
