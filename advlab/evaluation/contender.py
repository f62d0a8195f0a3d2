"""Who is put to the test: a network with a defense around it, or another network in its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from advlab import defenses, models
from advlab.core.classifier import Classifier
from advlab.core.defense import Defense, Kind
from advlab.core.request import Value

UNDEFENDED = "none"
NETWORK = "network:"
_STRAIGHT = "The attacker goes straight through it."


@dataclass(frozen=True)
class Contender:
    """A model that is to withstand.

    Attributes:
        key: names it: `none`, `network:NAME`, or a defense's name.
        title: what people read.
        through: how who knows it gets gradients, as a sentence.
        base: the undefended network: all that the attacker knows who does not know it.
        deployed: what answers.
        known: what is climbed in its place by who knows it.
        defense: what is around the network, if anything is.
    """

    key: str
    title: str
    through: str
    base: Classifier
    deployed: Classifier
    known: Classifier
    defense: Defense | None = None

    @property
    def kind(self) -> Kind | None:
        """The defense's kind; None of a bare network."""
        return None if self.defense is None else self.defense.kind


def titled(key: str) -> str:
    """What people call it, before anything is loaded."""
    if key == UNDEFENDED:
        return "No defense"
    network = key.removeprefix(NETWORK)
    return models.card(network).title if network != key else defenses.registry.get(key).title


def contender(
    key: str,
    base: Classifier,
    parameters: Mapping[str, Value] | None = None,
    clean: Callable[[int], Tensor] | None = None,
) -> Contender:
    """The model of this key.

    Args:
        key: as in `Contender`.
        base: the undefended network.
        parameters: the defense's own.
        clean: gives about so many pictures `[N, C, H, W]` to calibrate on, which are used for nothing else.

    Raises:
        AdvlabError: a sentence: there is no such defense or network, or it cannot be put around this one.
    """
    if key == UNDEFENDED:
        return Contender(key, titled(key), _STRAIGHT, base, base, base)
    if key.startswith(NETWORK):
        network = models.load(key.removeprefix(NETWORK), base.device)
        return Contender(key, titled(key), _STRAIGHT, base, network, network)
    defense = defenses.registry.get(key).configured(dict(parameters or {}))
    pictures = clean(defense.calibration) if defense.calibration and clean is not None else None
    return Contender(key, _with_parameters(defense), defense.through, base, *defense.both(base, pictures), defense)


def _with_parameters(defense: Defense) -> str:
    """With what is not as usual: “JPEG, quality 50”."""
    fields = type(defense).model_fields
    return ", ".join(
        [defense.title, *(f"{str(fields[name].title).lower()} {value:g}" for name, value in defense.unusual.items())]
    )
