"""What is known about a model before it is loaded, and how to build it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from advlab.core.classifier import Preprocessing, Size
from advlab.core.registry import Registry

registry: Registry["Card"] = Registry("advlab.models.cards", "model")


@dataclass(frozen=True)
class Card:
    """A model of the catalogue.

    Attributes:
        name: what code and links call it.
        title: what people read.
        summary: one sentence for choosing.
        input_size: `(C, H, W)`.
        preprocessing: how pictures are resized, cropped and normalised.
        labels: makes the class names.
        weights: finds the file with the weights on this computer; None when it is not here.
        build: makes the network from that file.
        licence, source: of the weights.
        accuracy, accuracy_source: published top-1 accuracy, and where it was published.
        install: how to get the weights.
    """

    name: str
    title: str
    summary: str
    input_size: Size
    preprocessing: Preprocessing
    labels: Callable[[], tuple[str, ...]]
    weights: Callable[[], Path | None]
    build: Callable[[Path], nn.Module]
    licence: str
    source: str
    accuracy: str
    accuracy_source: str
    install: str


def card(name: str) -> Card:
    """The card of this name.

    Raises:
        ParameterError: there is none.
    """
    return registry.get(name)


def catalogue() -> Mapping[str, Card]:
    """Every card by name."""
    return registry.all()
