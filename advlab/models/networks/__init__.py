"""Small networks of our own, one file a family; what a file here registers, every menu and recipe can name.

A network is registered as a function of `(classes, size)` that builds it with fresh weights; its input is
normalised already.
"""

from collections.abc import Callable

from torch import nn

from advlab.core.classifier import Size
from advlab.core.registry import Registry

Builder = Callable[[int, Size], nn.Module]

registry: Registry[Builder] = Registry("advlab.models.networks", "network")
