"""What a network sees just before its last layer, without touching the network."""

import copy

import torch
from torch import Tensor, nn

from advlab.core.classifier import Classifier
from advlab.core.memory import in_chunks
from advlab.errors import ModelError, ParameterError


class Features(nn.Module):
    """A classifier's logits and its penultimate features, in one pass.

    The network is shared by everybody, so there are no hooks: this is a copy of its structure around the same
    weights, in which the last fully connected layer gives out what it was given, too. It sees what the classifier
    sees: same normalisation, layout and precision.

    Args:
        classifier: a single network, whose logits come from an `nn.Linear`.

    Raises:
        ParameterError: it has no such layer, or is itself put around another classifier.
    """

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classes = len(classifier.labels)
        self.inner = _found(classifier)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits `[N, K]` and features `[N, F]` of images `[N, C, H, W]`, differentiable."""
        both = self.inner(x)
        return both[:, : self.classes], both[:, self.classes :]

    def of(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The same of any number of images, without gradients."""
        with torch.no_grad():
            logits, features = in_chunks(len(images), self.inner, lambda part: self(images[part]))
        return logits, features


class _Tap(nn.Module):
    """A layer whose input comes out after its output."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.layer(x), x), -1)


def _found(classifier: Classifier) -> Classifier:
    """The classifier with its features as further logits."""
    if any(isinstance(one, Classifier) for one in classifier.module.modules()):
        raise ParameterError(
            f"The features of {classifier.name} cannot be told apart, as it is put around another classifier: take "
            "that one itself."
        )
    layers = [(key, one) for key, one in classifier.module.named_modules() if key and isinstance(one, nn.Linear)]
    # Those for training only may come after the one that is meant.
    for key, layer in reversed(layers):
        if layer.out_features == len(classifier.labels):
            tapped = _tapped(classifier, key, layer.in_features)
            if tapped is not None:
                return tapped
    raise ParameterError(
        f"{classifier.name} does not end in a fully connected layer (nn.Linear) from features to its "
        f"{len(classifier.labels)} logits: take a detector that goes by the logits, or a network that does."
    )


def _tapped(classifier: Classifier, key: str, width: int) -> Classifier | None:
    """With a tap at the layer `key`; None if that does not bring out `width` features beside the same logits."""
    height = classifier.input_size[1]
    ramp = torch.linspace(0, 1, 2 * height, dtype=classifier.dtype, device=classifier.device)
    probe = ramp.reshape(2, 1, height, 1).expand(2, *classifier.input_size)
    try:
        tapped = Classifier(
            _with_tap(classifier.module, key),
            (*classifier.labels, *map(str, range(width))),
            classifier.input_size,
            name=classifier.name,
            preprocessing=classifier.preprocessing,
            execution=classifier.execution,
            votes=classifier.votes,
            passes=classifier.passes,
        )
        with torch.no_grad():
            logits, said = classifier(probe), tapped(probe)
    except (ModelError, RuntimeError, TypeError, AttributeError):
        return None  # it cannot be copied, or wants its layer as it was, or goes on after it
    same = torch.allclose(said[:, : logits.shape[1]], logits, rtol=1e-3, atol=1e-4)
    return tapped if same or classifier.votes > 1 else None  # one with randomness in it never says the same


def _with_tap(module: nn.Module, key: str) -> nn.Module:
    # What copying has seen already it does not copy: the weights.
    weights: dict[int, object] = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    copied = copy.deepcopy(module, weights)
    layer = copied.get_submodule(key)
    places = [name for name, one in copied.named_modules(remove_duplicate=False) if one is layer]
    for name in places:
        copied.set_submodule(name, _Tap(layer))
    return copied
