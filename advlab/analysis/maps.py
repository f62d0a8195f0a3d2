"""Which layers of a network still have places: what Grad-CAM can be taken at, on a private clone."""

import copy
import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from advlab.core.classifier import Classifier
from advlab.errors import ParameterError


@dataclass(frozen=True)
class Layer:
    """A module that gives a map of features.

    Attributes:
        name: dotted, inside of the classifier's network.
        size: `(channels, height, width)` of the map.
    """

    name: str
    size: tuple[int, int, int]


def private(classifier: Classifier) -> Classifier:
    """The same model with modules of its own, for methods that put hooks on them; the weights are shared."""
    kept = {id(tensor): tensor for tensor in (*classifier.parameters(), *classifier.buffers())}
    return copy.deepcopy(classifier, kept)


class _Mine(threading.local):
    """A thread's own copies; one goes when its model does, so that weights are not kept alive."""

    def __init__(self) -> None:
        self.copies: WeakKeyDictionary[Classifier, Classifier] = WeakKeyDictionary()


_mine = _Mine()


def mine(classifier: Classifier) -> Classifier:
    """A private copy that this thread keeps for the next time: for hooks that are taken off again, come what may."""
    if classifier not in _mine.copies:
        _mine.copies[classifier] = private(classifier)
    return _mine.copies[classifier]


# By the digests of the models: to look takes a clone and a pass.
_looked: dict[str, tuple[Layer, ...]] = {}


def layers(classifier: Classifier) -> tuple[Layer, ...]:
    """All layers with a map larger than one place, in the order in which they are computed.

    What comes before the last layer that gives tokens (a transformer's) is left out: after it places are mixed.
    """
    if classifier.digest not in _looked:
        _looked[classifier.digest] = _look(classifier)
    return _looked[classifier.digest]


def _look(classifier: Classifier) -> tuple[Layer, ...]:
    clone, seen = private(classifier), list[Layer | None]()

    def watch(name: str, module: nn.Module) -> None:
        def hook(_: nn.Module, __: object, output: object) -> None:
            if isinstance(output, Tensor) and output.dim() == 3:
                seen.append(None)
            elif isinstance(output, Tensor) and output.dim() == 4 and output.shape[2] * output.shape[3] > 1:
                channels, height, width = output.shape[1:]
                seen.append(Layer(name, (channels, height, width)))

        module.register_forward_hook(hook)

    for name, module in clone.module.named_modules():
        if name:
            watch(name, module)
    with torch.no_grad():
        clone(torch.full((1, *classifier.input_size), 0.5, device=classifier.device, dtype=classifier.dtype))
    begin = max((at + 1 for at, layer in enumerate(seen) if layer is None), default=0)
    return tuple(dict.fromkeys(layer for layer in seen[begin:] if layer is not None))


def chosen(classifier: Classifier, name: str | None = None) -> str:
    """The layer of that name, or the last one: what is closest to the answer and still has places.

    Raises:
        ParameterError: the network has no such layer, or none at all.
    """
    names = [layer.name for layer in layers(classifier)]
    if not names:
        raise ParameterError(f"{classifier.name} has no layer with places, so it has no Grad-CAM.")
    if name is None:
        return names[-1]
    if name not in names:
        raise ParameterError(f"{classifier.name} has no map at {name!r}: choose one of {', '.join(names[-5:])}.")
    return name


def only_relu(classifier: Classifier) -> bool:
    """Whether every activation that is a module is a ReLU: where guided backpropagation is what it claims to be.

    Activations are known by the file they are defined in, PyTorch's or timm's; those written as functions are not seen.
    """
    kinds = {type(module) for module in classifier.module.modules()}
    active = {kind for kind in kinds if "activation" in kind.__module__}
    return active == {nn.ReLU}
