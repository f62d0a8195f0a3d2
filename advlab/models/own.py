"""Weights of your own: read safely, fitted to a known architecture, kept for a while, known only to you."""

import atexit
import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from advlab.core.classifier import Size
from advlab.errors import ModelError
from advlab.models import architectures, limits
from advlab.models.card import Card
from advlab.models.fitting import fit
from advlab.models.own_settings import Settings
from advlab.models.reader import reader

PREFIX = "own:"
MAX_WEIGHTS_BYTES = 400_000_000
"""The largest file of weights that is taken."""

SETTING = "ADVLAB_OWN_MODELS"
_KEPT = "4GB"


_lock = threading.Lock()
_cards: OrderedDict[str, Card] = OrderedDict()


@cache
def _folder() -> Path:
    """For this process and this user alone: mkdtemp gives it mode 0700."""
    folder = Path(tempfile.mkdtemp(prefix="advlab-own-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def add_own(
    weights: bytes | Path,
    *,
    architecture: str,
    labels: Sequence[str] | int,
    input_size: Size,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    crop: float = 1.0,
    title: str = "Your model",
) -> Card:
    """Take a file of weights, and give a card whose name, `own:…`, loads it.

    The name is made from the weights and all settings, and whoever knows it can use the model; no list has it.
    The file is read by a process with little memory and time, and nothing in it is run. Weights are kept
    until the program ends or `ADVLAB_OWN_MODELS` (4GB) is full; the least recently used go first.

    Args:
        weights: safetensors, or a state dict as `torch.save` writes it; at most 400 MB.
        architecture: `torchvision:…` or `timm:…`.
        labels: one name a class, or how many classes there are.
        input_size: `(C, H, W)`.
        mean, std: one number a channel, in [0, 1] units; None leaves pictures as they are.
        crop: the share of a resized picture that is kept.
        title: what people read.

    Raises:
        ParameterError: a setting that cannot be. ModelError: no weights, or not this network's.
    """
    settings = Settings.checked(architecture, labels, input_size=input_size, mean=mean, std=std, crop=crop, title=title)
    size = len(weights) if isinstance(weights, bytes) else _size(weights)
    if size > MAX_WEIGHTS_BYTES:
        raise ModelError(
            f"The file has {size / 1e6:.0f} MB, more than {MAX_WEIGHTS_BYTES / 1e6:.0f}: choose a smaller network."
        )
    if size == 0:
        raise ModelError("The file is empty: export the weights again.")
    name = PREFIX + _digest(weights, settings)
    with _lock:
        if name in _cards and _cards[name].weights():
            _cards.move_to_end(name)
            return _cards[name]
    card = _read(name, weights, settings)
    with _lock:
        _cards[name] = card
        _drop_oldest()
    return card


def card(name: str) -> Card:
    """The card of weights that were added.

    Raises:
        ModelError: they were never here, or are no longer kept.
    """
    with _lock:
        found = _cards.get(name)
        if found is not None and found.weights():
            _cards.move_to_end(name)
            return found
    raise ModelError("The weights of this model are not kept here (any more): upload them again.")


def forget(name: str) -> None:
    """Delete weights that were added; nothing happens if they are not here."""
    with _lock:
        if _cards.pop(name, None) is not None:  # a name that is none of ours might be a path
            _file(name).unlink(missing_ok=True)


def _drop_oldest() -> None:
    most = limits.size(os.environ.get(SETTING) or _KEPT, SETTING)
    while len(_cards) > 1 and sum(card.bytes for card in _cards.values()) > most:
        name, _ = _cards.popitem(last=False)
        _file(name).unlink(missing_ok=True)


def _file(name: str) -> Path:
    return _folder() / f"{name.removeprefix(PREFIX)}.safetensors"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else _no_file(file)
    except OSError:
        return _no_file(file)


def _no_file(file: Path) -> int:
    raise ModelError(f"There is no file {file}: give safetensors or a state dict.")


def _digest(weights: bytes | Path, settings: Settings) -> str:
    content = hashlib.sha256()
    if isinstance(weights, bytes):
        content.update(weights)
    else:
        with weights.open("rb") as file:
            content = hashlib.file_digest(file, "sha256")
    content.update(json.dumps(asdict(settings)).encode())
    return content.hexdigest()[:32]


def _read(name: str, weights: bytes | Path, settings: Settings) -> Card:
    classes = len(settings.labels)
    network = architectures.network(settings.architecture, classes, settings.input_size, tables=False)
    expected = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    source = (
        weights if isinstance(weights, Path) else _folder() / f"{name.removeprefix(PREFIX)}-{threading.get_ident()}"
    )
    clean = _file(name).with_suffix(f".{threading.get_ident()}")
    try:
        if isinstance(weights, bytes):
            source.write_bytes(weights)
        where = reader.convert(source, clean, MAX_WEIGHTS_BYTES)
        with safe_open(clean, framework="pt") as file:
            given = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
        names = fit(given, expected, settings.architecture)
        clean.replace(_file(name))
    except OSError as error:
        raise ModelError(f"The weights cannot be kept: {error.strerror or error}; free some space.") from error
    finally:
        clean.unlink(missing_ok=True)
        if isinstance(weights, bytes):
            source.unlink(missing_ok=True)
    parameters = sum(weight.numel() for weight in network.parameters())
    return _card(name, settings, names, parameters, f", from “{where}” in the file" if where else "")


def _card(name: str, settings: Settings, names: Mapping[str, str], parameters: int, where: str) -> Card:
    file = _file(name)
    return Card(
        name=name,
        title=settings.title,
        summary=f"{settings.architecture}, {parameters / 1e6:.1f} million parameters{where}.",
        input_size=settings.input_size,
        preprocessing=settings.preprocessing,
        labels=lambda: settings.labels,
        weights=lambda: file if file.is_file() else None,
        build=lambda path: _build(path, settings, names),
        licence="yours",
        source="your own file",
        accuracy="not known",
        accuracy_source="your own file",
        install="upload the weights again",
        family="Your own",
        architecture=settings.architecture,
        parameters=parameters,
        bytes=file.stat().st_size,
    )


def _build(file: Path, settings: Settings, names: Mapping[str, str]) -> nn.Module:
    network = architectures.network(settings.architecture, len(settings.labels), settings.input_size)
    given, state = load_file(file), network.state_dict()  # itself: it knows the versions of the layers
    for key, own in list(state.items()):  # a counter that an old file lacks starts at 0
        state[key] = given[names[key]].to(own.dtype) if key in names else torch.zeros(own.shape, dtype=own.dtype)
    network.load_state_dict(state, assign=True)
    return network
