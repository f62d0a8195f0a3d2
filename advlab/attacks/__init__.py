"""The attacks, one file each. A new file here appears in every menu, test and table by itself."""

from collections.abc import Mapping

from advlab.core.attack import Attack
from advlab.core.registry import Registry

registry: Registry[type[Attack]] = Registry(__name__, "attack")


def available() -> Mapping[str, type[Attack]]:
    """Every attack by name: `{"pgd": PGD, ...}`."""
    return registry.all()


def general() -> Mapping[str, type[Attack]]:
    """Those that make sense against any classifier, with or without a detector; baselines come last."""
    found = [(name, attack) for name, attack in available().items() if not attack.for_detectors]
    return dict(sorted(found, key=lambda item: item[1].baseline))


def register(attack: type[Attack]) -> type[Attack]:
    """Class decorator that makes an attack known under its `name`."""
    registry.register(attack.name, attack)
    return attack
