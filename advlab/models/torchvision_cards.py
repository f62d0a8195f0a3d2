"""Every classification network of torchvision, with each of its published weights.

The list is made from torchvision itself, and kept in a file for the version that is installed: importing
torchvision takes a second or more, which a menu need not wait for twice.
"""

import copy
import re
import threading
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor, nn

from advlab.core.classifier import Preprocessing
from advlab.errors import ModelError
from advlab.models import architectures, folder, imagenet, libraries, published
from advlab.models.card import Card
from advlab.models.published import Record

# Raise it when a record of old says less than one of now.
_FORMAT = 2
_SWAG = "CC-BY-NC 4.0: not for commercial use"
_OTHERS = "code BSD-3-Clause; weights as published, trained on ImageNet: see the source"

_lock = threading.Lock()
_cards: dict[str, Card] = {}


def cards() -> Mapping[str, Card]:
    """The cards by name, for example `resnet50_imagenet1k_v2`."""
    with _lock:
        if not _cards:
            _cards.update((record.name, _card(record)) for record in _records())
        return _cards


def _records() -> list[Record]:
    installed = f"{version('torchvision')}, format {_FORMAT}"
    kept = folder.home() / "torchvision.json"
    records = published.read(kept, installed)
    if records is None:
        records = records_of_torchvision()
        published.write(records, kept, installed)
    return records


def records_of_torchvision() -> list[Record]:
    """The records, made from torchvision's own tables."""
    library = libraries.torchvision_models()
    return [
        _record(name, weights)
        for name in architectures.names("torchvision")
        for weights in library.get_model_weights(name)
        if weights.meta["categories"]  # one is of features alone, without the layer that classifies
    ]


def _record(name: str, weights: Any) -> Record:  # noqa: ANN401 - an enum of torchvision
    about, prepare = weights.meta, weights.transforms()
    (crop,), (resize,) = prepare.crop_size, prepare.resize_size
    scores = about["_metrics"]["ImageNet-1K"]
    file = weights.url.rsplit("/", 1)[1]
    prefix = re.search(r"-([0-9a-f]{8,})\.", file)
    return Record(
        name=f"{name}_{weights.name.lower()}",
        title=f"{name} · {weights.name.replace('IMAGENET1K_', 'ImageNet, ').replace('_', ' ')}",
        summary=f"{about['num_params'] / 1e6:.1f} million parameters, {about['_ops']:,.1f} billion multiply-adds.",
        family="torchvision",
        architecture=f"torchvision:{name}",
        classes=len(about["categories"]),
        input_size=(3, crop, crop),
        preprocessing=Preprocessing(
            mean=tuple(prepare.mean),
            std=tuple(prepare.std),
            crop=crop / resize,
            resample=Image.Resampling[prepare.interpolation.value.upper()],
            resize=resize,
        ),
        licence=_SWAG if "SWAG" in weights.name else _OTHERS,
        source=about.get("license") or about["recipe"],
        accuracy=f"{scores['acc@1']:.1f}% top-1",
        accuracy_source="ImageNet-1K validation, as published by torchvision with the weights",
        parameters=about["num_params"],
        bytes=round(about["_file_size"] * 2**20),
        url=weights.url,
        sha256_prefix=prefix.group(1) if prefix else None,
        file=file,
        # These two were trained on another normalisation, and turn ours into theirs.
        options={"transform_input": True} if name in {"googlenet", "inception_v3"} else {},
    )


def _card(record: Record) -> Card:
    return published.card(record, imagenet.labels, lambda file: build(record, file), size=record.bytes)


def build(record: Record, file: Path) -> nn.Module:
    """The network of a record with the weights in a file.

    Raises:
        ModelError: the file is damaged, or another network's.
    """
    return from_state(record, published.state(file), f"{file.name} in {file.parent}")


def from_state(record: Record, state: dict[str, Tensor], where: str) -> nn.Module:
    """The network of a record with a state dict in the form that the published ones have.

    Raises:
        ModelError: it is another network's; `where` says which file to delete.
    """
    network = architectures.network(record.architecture, record.classes, record.input_size, **record.options)
    # A copy keeps the versions of the layers that the file was written by; without them MNASNet refuses to load.
    mine = copy.copy(state)
    for key in state:
        bare = key
        if "densenet" in record.architecture:  # saved when the layers had a dot in their names
            bare = re.sub(r"\.(norm|conv)\.([12])\.", r".\1\2.", key)
        tensor = mine.pop(key)
        if not key.startswith(architectures.AUXILIARY):
            mine[bare] = tensor
    try:
        network.load_state_dict(mine, assign=True)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"{where} does not hold the weights of {record.title}: delete it and fetch it again."
        ) from error
    return network
