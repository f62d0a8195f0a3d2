"""Networks by the name of their architecture: `advlab:madry_cnn_256`, `torchvision:resnet18`, `timm:resnet18`."""

import difflib
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import nn

from advlab.core.classifier import Size
from advlab.errors import ParameterError
from advlab.models import libraries, networks
from advlab.models.blank import blank

LIBRARIES = ("torchvision", "timm", "advlab")

# For training only, and not part of what answers.
AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")
_WITH_AUXILIARY = ("googlenet", "inception_v3")


@cache
def names(library: str) -> tuple[str, ...]:
    """The classification networks of a library; quantised ones are left out, they have no gradients."""
    if library == "torchvision":
        found = libraries.torchvision_models()
        return tuple(found.list_models(module=found))
    if library == "advlab":
        return tuple(networks.registry.all())
    return tuple(libraries.timm().list_models())


def split(architecture: str) -> tuple[str, str]:
    """Library and name.

    Raises:
        ParameterError: there is no such network; the nearest names are suggested.
    """
    library, _, name = architecture.partition(":")
    if library not in LIBRARIES or not name:
        raise ParameterError(f"Write the architecture as torchvision:resnet18 or timm:resnet18, not “{architecture}”.")
    if name.partition(".")[0] not in names(library):
        near = difflib.get_close_matches(name, names(library), n=3)
        hint = f" Did you mean: {', '.join(near)}?" if near else ""
        raise ParameterError(f"There is no network “{name}” in {library}.{hint}")
    return library, name


def network(architecture: str, classes: int, size: Size, *, tables: bool = True, **options: Any) -> nn.Module:  # noqa: ANN401
    """The network with weights that are nothing, for `classes` answers to pictures of `size`.

    Args:
        architecture: `torchvision:…` or `timm:…`.
        classes: how many logits.
        size: `(C, H, W)`.
        tables: False if only names and shapes are wanted, which costs nothing for any size.
        **options: for the builder.

    Raises:
        ParameterError: no such network, or none for such pictures.
    """
    try:
        return blank(_builder(architecture, classes, size, options), tables=tables)
    except (AssertionError, ValueError, TypeError, RuntimeError, NotImplementedError) as error:
        raise ParameterError(_unbuildable(architecture, size)) from error


def fresh(architecture: str, classes: int, size: Size, seed: int) -> nn.Module:
    """The network with its first weights, as its library draws them, a function of the seed.

    Raises:
        ParameterError: no such network, or none for such pictures.
    """
    build = _builder(architecture, classes, size, {})
    try:
        # Libraries draw from the global generator; it is put back as it was.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            return build()
    except (AssertionError, ValueError, TypeError, RuntimeError, NotImplementedError) as error:
        raise ParameterError(_unbuildable(architecture, size)) from error


def _unbuildable(architecture: str, size: Size) -> str:
    return (
        f"{architecture} cannot be built for pictures of {size[1]} × {size[2]} pixels and {size[0]} channels: "
        "give the size that it was trained with."
    )


def _builder(architecture: str, classes: int, size: Size, options: dict[str, Any]) -> Callable[[], nn.Module]:
    library, name = split(architecture)
    if library == "advlab":
        return lambda: networks.registry.get(name)(classes, size)
    return _torchvision(name, classes, size, options) if library == "torchvision" else _timm(name, classes, size)


def _torchvision(name: str, classes: int, size: Size, options: dict[str, Any]) -> Callable[[], nn.Module]:
    if size[0] != 3:
        raise ParameterError(f"torchvision's networks take 3 channels, not {size[0]}.")
    options = {"num_classes": classes, **options}
    if name.startswith("vit_"):
        options["image_size"] = size[1]
    if name.startswith("maxvit"):
        options["input_size"] = size[1:]
    if name in _WITH_AUXILIARY:
        options.update(aux_logits=False, init_weights=False)
    return lambda: libraries.torchvision_models().get_model(name, weights=None, **options)


def _timm(name: str, classes: int, size: Size) -> Callable[[], nn.Module]:
    library = libraries.timm()
    options: dict[str, Any] = {"num_classes": classes, "in_chans": size[0]}
    if _sized(name):
        options["img_size"] = size[1:]
    return lambda: library.create_model(name, pretrained=False, **options)


def _sized(name: str) -> bool:
    """Whether timm builds this network for one size of picture."""
    about = libraries.timm().get_pretrained_cfg(name)
    return bool(about is not None and about.fixed_input_size)
