"""Any network of timm by its name, with the weights that timm knows for it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image
from torch import nn

from advlab.core.classifier import Preprocessing
from advlab.errors import ModelError, ParameterError
from advlab.models import architectures, folder, imagenet, libraries, published
from advlab.models.blank import quiet
from advlab.models.card import Card
from advlab.models.published import Record

PREFIX = "timm:"
_VERSION = "1"
_USUAL_CROP = 0.875


@cache
def card(name: str) -> Card:
    """The card of `timm:<name>`, for example `timm:resnet18.a1_in1k`.

    Raises:
        ParameterError: timm has no such network, or no classifier of that name with weights.
    """
    record = _record(name.removeprefix(PREFIX))
    return _card(record)


@cache
def names() -> tuple[str, ...]:
    """Every network of timm that has weights and classes, as timm calls it; `timm:` goes before it."""
    library = libraries.timm()
    return tuple(name for name in library.list_pretrained() if library.get_pretrained_cfg(name).num_classes)


def fetched(files: set[str]) -> Iterator[Card]:
    """The cards of what was downloaded, from the notes beside the files: timm is not imported for them."""
    for file in sorted(files):
        if file.startswith("timm-") and file.endswith(".json"):
            for record in published.read(folder.weights_folder() / file, _VERSION) or ():
                if record.file in files:
                    yield _card(record)


def note(name: str) -> None:
    """Write the card's data beside its weights, for `fetched`."""
    record = _record(name.removeprefix(PREFIX))
    published.write([record], folder.weights_folder() / f"timm-{record.name.removeprefix(PREFIX)}.json", _VERSION)


def _card(record: Record) -> Card:
    return published.card(record, lambda: imagenet.labels_of(record.classes), lambda file: build(record, file))


@cache
def _record(name: str) -> Record:
    architecture = f"timm:{name}"
    architectures.split(architecture)
    try:
        about = libraries.timm().get_pretrained_cfg(name)
    except RuntimeError as error:  # the network is there, and these weights of it are not
        bare = name.partition(".")[0]
        known = ", ".join(libraries.timm().list_pretrained(f"{bare}.*")) or "none"
        raise ParameterError(f"timm has no weights {name}; of {bare} there are: {known}.") from error
    if about is None or not (about.hf_hub_id or about.url):
        raise ParameterError(f"timm has no weights for {name}: choose another, or give your own with --weights.")
    if not about.num_classes:
        raise ParameterError(f"{name} gives features, not classes: choose a network with a classifier.")
    if about.tag and "." not in name:  # the weights that timm means by the bare name, said in full
        name = f"{name}.{about.tag}"
    url, file = _address(about, name)
    channels, height, width = about.input_size
    shapes = architectures.network(architecture, about.num_classes, (channels, height, width), tables=False)
    parameters = sum(weight.numel() for weight in shapes.parameters())
    prefix = re.search(r"-([0-9a-f]{8,})\.", url.rsplit("/", 1)[1])
    return Record(
        name=f"timm:{name}",
        title=f"{name} · timm",
        summary=f"{parameters / 1e6:.1f} million parameters.",
        family="timm",
        architecture=f"timm:{name}",
        classes=about.num_classes,
        input_size=(channels, height, width),
        preprocessing=_preprocessing(about, name),
        licence=about.license or "not stated: see the source",
        source=f"timm, {about.hf_hub_id or about.origin_url or url}",
        accuracy="not stated",
        accuracy_source="see the source",
        parameters=parameters,
        bytes=4 * parameters,
        url=url,
        sha256_prefix=prefix.group(1) if prefix else None,
        file=file,
    )


def _address(about: Any, name: str) -> tuple[str, str]:  # noqa: ANN401 - timm's configuration
    """Where the weights are, and what the file is called here; safetensors where there are both."""
    if about.hf_hub_id:
        from huggingface_hub import hf_hub_url  # noqa: PLC0415 - slow to import

        repository, _, revision = about.hf_hub_id.partition("@")
        remote = about.hf_hub_filename or "model.safetensors"
        return hf_hub_url(repository, remote, revision=revision or None), f"timm-{name}{Path(remote).suffix}"
    return about.url, f"timm-{name}{Path(about.url).suffix}"


def _preprocessing(about: Any, name: str) -> Preprocessing:  # noqa: ANN401
    if about.crop_mode not in {"center", "squash"}:
        raise ParameterError(f"{name} wants pictures padded, which AdvLab does not do: choose another network.")
    return Preprocessing(
        mean=tuple(about.mean),
        std=tuple(about.std),
        crop=about.crop_pct or _USUAL_CROP,
        resample=Image.Resampling[about.interpolation.upper()],
        squash=about.crop_mode == "squash",
    )


def build(record: Record, file: Path) -> nn.Module:
    """The network with the weights in a file; timm translates the names that others gave them.

    Raises:
        ModelError: the file is damaged, or another network's.
    """
    library = libraries.timm()
    try:
        return quiet(
            lambda: library.create_model(
                record.architecture.removeprefix(PREFIX), pretrained=True, pretrained_cfg_overlay={"file": str(file)}
            )
        )
    except published.damage() as error:
        raise ModelError(
            f"The file {file.name} does not hold the weights of {record.title}: "
            f"delete it from {file.parent} and fetch it again."
        ) from error
