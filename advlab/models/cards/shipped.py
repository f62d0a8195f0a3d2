"""The networks that we trained: every `assets/models/NAME.json` with its `NAME.safetensors` is one."""

import hashlib
import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from advlab.core.classifier import Preprocessing
from advlab.errors import ModelError
from advlab.models import architectures
from advlab.models.card import Card, broken, registry
from advlab.models.fitting import fit
from advlab.models.shipped import Shipped, read

# A folder in place of our own, for networks that are not in the repository yet.
SETTING = "ADVLAB_SHIPPED"


def folder() -> Path:
    """Where the networks are."""
    given = os.environ.get(SETTING)
    return Path(given) if given else Path(__file__).parents[3] / "assets" / "models"


def card(shipped: Shipped, place: Path) -> Card:
    """The card of a network whose weights are in the folder `place`."""
    weights = place / shipped.file
    clean = shipped.results.clean
    return Card(
        name=shipped.name,
        title=shipped.title,
        summary=shipped.summary,
        input_size=shipped.input_size,
        preprocessing=Preprocessing(shipped.mean, shipped.std),
        labels=lambda: shipped.labels,
        weights=lambda: weights if weights.is_file() else None,
        build=lambda file: build(shipped, file),
        licence=shipped.licence,
        source=f"trained here by the recipe {shipped.recipe}",
        accuracy=f"{clean.share:.1%} top-1" if clean else "not measured",
        accuracy_source=f"{shipped.dataset}, {clean.of:,} test pictures" if clean else shipped.dataset,
        install=shipped.command,
        family=shipped.family,
        parameters=shipped.parameters,
        bytes=shipped.bytes,
        file=shipped.file,
        architecture=shipped.architecture,
        shipped=shipped,
    )


def build(shipped: Shipped, file: Path) -> nn.Module:
    """The network with the weights in a file, in float32.

    Raises:
        ModelError: the file is not the one that the card was written for.
    """
    network = architectures.network(shipped.architecture, len(shipped.labels), shipped.input_size)
    given, state = _tensors(shipped, file), network.state_dict()
    shapes = {key: tuple(tensor.shape) for key, tensor in given.items()}
    names = fit(shapes, {key: tuple(tensor.shape) for key, tensor in state.items()}, shipped.architecture)
    for key, own in list(state.items()):  # a counter may be left out: it changes nothing
        state[key] = given[names[key]].to(own.dtype) if key in names else torch.zeros(own.shape, dtype=own.dtype)
    network.load_state_dict(state, assign=True)
    return network


def _tensors(shipped: Shipped, file: Path) -> dict[str, Tensor]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"Cannot read {file.name}: {error.strerror or error}.") from error
    again = f"get {shipped.file} again, or train it: {shipped.command}"
    if len(content) != shipped.bytes:
        raise ModelError(f"{file.name} has {len(content):,} bytes and should have {shipped.bytes:,}: {again}.")
    if hashlib.sha256(content).hexdigest() != shipped.sha256:
        raise ModelError(f"{file.name} is not the file that its card was written for (SHA-256 differs): {again}.")
    try:
        return load(content)
    except SafetensorError as error:
        raise ModelError(f"{file.name} is no safetensors file: {again}.") from error


def register(place: Path) -> None:
    """Put all networks of a folder into the catalogue; a card with a mistake is kept apart, with a sentence."""
    for file in sorted(place.glob("*.json")):
        try:
            shipped = read(file)
        except ModelError as error:
            broken[file.stem] = str(error)
        else:
            registry.register(shipped.name, card(shipped, place))


register(folder())
