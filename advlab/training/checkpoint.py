"""Files that a training can go on from, whenever it is killed."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from advlab.errors import InputError
from advlab.training.method import Epoch

_STATE = "checkpoint.pt"
_METRICS = "metrics.jsonl"
_RECIPE = "recipe.json"


def save(folder: Path, state: dict[str, Any], epochs: Sequence[Epoch]) -> None:
    """Write everything, so that either the old or the new state is there, never half of one."""
    lines = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in epochs)
    _replace(folder / _METRICS, lines.encode())
    new = folder / f"{_STATE}.new"
    torch.save({**state, "epochs": [asdict(epoch) for epoch in epochs]}, new)
    new.replace(folder / _STATE)


def load(folder: Path) -> tuple[dict[str, Any], list[Epoch]] | None:
    """The last state that was saved here; None: there is none.

    Raises:
        InputError: the file is damaged.
    """
    file = folder / _STATE
    if not file.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        return state, [Epoch(**row) for row in state.pop("epochs")]
    except Exception as error:  # torch reports damage in many ways
        raise InputError(f"{file} cannot be read: delete it to begin anew. ({type(error).__name__})") from error


def claim(folder: Path, recipe: dict[str, Any]) -> None:
    """Make the folder this recipe's.

    Raises:
        InputError: another training was begun there, or it cannot be written.
    """
    file = folder / _RECIPE
    text = json.dumps(recipe, indent=2, ensure_ascii=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / _STATE).is_file() and file.is_file() and json.loads(file.read_text(encoding="utf-8")) != recipe:
            raise InputError(f"{folder} holds another training: give another --out, or delete the folder.")
        _replace(file, text.encode())
    except OSError as error:
        raise InputError(f"Cannot write to {folder}: {error.strerror or error}.") from error


def _replace(file: Path, content: bytes) -> None:
    new = file.with_name(f"{file.name}.new")
    new.write_bytes(content)
    new.replace(file)
