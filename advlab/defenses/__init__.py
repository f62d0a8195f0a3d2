"""The defenses, one file each. A new file here appears in the page, the command line and the tests by itself."""

from collections.abc import Mapping

from advlab.core.defense import Defense
from advlab.core.registry import Registry

registry: Registry[type[Defense]] = Registry(__name__, "defense")


def available() -> Mapping[str, type[Defense]]:
    """Every defense by name: `{"bit_depth": BitDepth, ...}`."""
    return registry.all()


def register(defense: type[Defense]) -> type[Defense]:
    """Class decorator that makes a defense known under its `name`."""
    registry.register(defense.name, defense)
    return defense
