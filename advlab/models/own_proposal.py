"""What a file of weights says of itself: a proposal for whoever brings it, and no more than that.

`python -m advlab train` writes it into the metadata of its safetensors, under the key `advlab`. Anybody can write
anything there, so it is read with bounds on everything, checked like what a person types, and shown before it counts.
"""

import json
import struct
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advlab.errors import AdvlabError, ModelError
from advlab.models.own_settings import Settings

KEY = "advlab"
HEAD = 2_000_000
"""Bytes of a file's beginning that are looked at."""

# JSON of a description: a hundred thousand short names are not a description.
_MOST = 500_000
_MOST_CLASSES = 10_000

Number = Annotated[float, Field(allow_inf_nan=False)]


class _Said(BaseModel):
    """The description, before anything in it is believed."""

    model_config = ConfigDict(strict=True, extra="ignore")

    architecture: str = Field(max_length=200)
    labels: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(min_length=2, max_length=_MOST_CLASSES)
    input_size: list[int] = Field(min_length=3, max_length=3)
    mean: list[Number] | None = Field(None, max_length=3)
    std: list[Number] | None = Field(None, max_length=3)
    title: str = Field("", max_length=200)


def proposal(weights: bytes | Path) -> Settings | None:
    """What the file says of itself, checked like what a person types; None if it says nothing.

    Args:
        weights: the file, or at least its first `HEAD` bytes.

    Raises:
        ModelError: it says something that cannot be; the sentence says what.
    """
    text = _description(_head(weights))
    if text is None:
        return None
    try:
        if len(text) > _MOST:
            raise ModelError(_not("it is longer than a description"))
        said = _Said.model_validate(json.loads(text))
        channels, height, width = said.input_size
        labels = [_plain(label) for label in said.labels]
        if not all(labels):
            raise ModelError(_not("a class has no name"))
        return Settings.checked(
            _plain(said.architecture),
            labels,
            input_size=(channels, height, width),
            mean=said.mean or None,
            std=said.std or None,
            crop=1.0,
            title=_plain(said.title),
        )
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, problem["loc"])) or "it"
        raise ModelError(_not(f"{place}: {problem['msg'].lower()}")) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(_not("it is no JSON")) from error
    except ModelError:
        raise
    except AdvlabError as error:
        raise ModelError(_not(str(error).rstrip("."))) from error


def _not(why: str) -> str:
    return f"What the file says of itself cannot be used ({why}): say yourself what it is."


def _plain(text: str) -> str:
    """Text on one line, without what only changes how other text is shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _head(weights: bytes | Path) -> bytes:
    if isinstance(weights, bytes):
        return weights[:HEAD]
    try:
        with weights.open("rb") as file:
            return file.read(HEAD)
    except OSError:  # whoever reads the weights says so
        return b""


def _description(head: bytes) -> str | None:
    """The description in a safetensors header, if there is a whole header with one in it."""
    if len(head) < 9 or head[8:9] != b"{":
        return None
    (length,) = struct.unpack("<Q", head[:8])
    header = head[8 : 8 + length]
    if len(header) < length or f'"{KEY}"'.encode() not in header:
        return None
    try:
        found: Any = json.loads(header)
    except (ValueError, RecursionError):  # a damaged file, of which its reader says so
        return None
    said = found.get("__metadata__") if isinstance(found, dict) else None
    text = said.get(KEY) if isinstance(said, dict) else None
    return text if isinstance(text, str) else None
