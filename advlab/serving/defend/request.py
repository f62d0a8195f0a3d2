"""What is asked for: one picture, one network, some defenses, both attackers."""

from pydantic import Field

from advlab.core.asked import Asked
from advlab.core.norms import Norm
from advlab.core.request import Value


class DefendRequest(Asked):
    """A table of defenses.

    Attributes:
        picture: as in an `AttackRequest`.
        model: the undefended network.
        norm, eps: what both attackers may change.
        steps: of the attacks by gradient.
        truth: what the picture really shows, if somebody said so.
        seed: of both attackers.
        defenses: by name, with their parameters.
        networks: other networks in the model's place, trained to resist.
    """

    norm: Norm = Norm.LINF
    eps: float = Field(gt=0)
    steps: int = Field(20, ge=1, le=1000)
    truth: int | None = Field(None, ge=0)
    seed: int = Field(0, ge=0)
    defenses: dict[str, dict[str, Value]] = Field(default_factory=dict)
    networks: tuple[str, ...] = ()
