"""What is known about a model before it is loaded, and how to build it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from torch import nn

from advlab.core.classifier import Preprocessing, Size
from advlab.core.registry import Registry
from advlab.models.shipped import Shipped

registry: Registry["Card"] = Registry("advlab.models.cards", "model")
# Cards that are here but say something impossible: by name, the sentence that says what.
broken: dict[str, str] = {}


@dataclass(frozen=True)
class Card:
    """A model that can be loaded by name.

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
        install: the command that gets the weights.
        family: "EfficientNet-Lite", "torchvision", "timm" or "Your own".
        parameters: how many numbers the network has learned.
        bytes: size of the file with the weights; of one not yet downloaded, about.
        url: where `models.fetch` gets the file; None where `install` is the only way.
        sha256_prefix: what the file's SHA-256 begins with, in hexadecimal, where it was published.
        file: what the file is called in the folder for weights.
        architecture: `torchvision:…`, `timm:…` or `advlab:…`, of weights of your own and of ours.
        shipped: of the networks that we trained: how, and what was counted on them.
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
    family: str = "Others"
    parameters: int = 0
    bytes: int = 0
    url: str | None = None
    sha256_prefix: str | None = None
    file: str | None = None
    architecture: str | None = None
    shipped: Shipped | None = None

    @property
    def twin(self) -> str | None:
        """The model to compare it with: of a standard network a robust one, of a robust network the standard one."""
        return self.shipped.twin if self.shipped else None


class Catalogue(Mapping[str, Card]):
    """Every card by name. What needs torchvision's list waits for it; our own models do not."""

    def __getitem__(self, name: str) -> Card:
        own = registry.all()
        return own[name] if name in own else _published()[name]

    def __iter__(self) -> Iterator[str]:
        return chain(registry.all(), _published())

    def __len__(self) -> int:
        return len(registry.all()) + len(_published())


def _published() -> Mapping[str, Card]:
    from advlab.models import torchvision_cards  # noqa: PLC0415 - it knows what a card is

    return torchvision_cards.cards()


def catalogue() -> Mapping[str, Card]:
    """Our own networks, EfficientNet-Lite, and every torchvision network with each of its weights, by name."""
    return Catalogue()
