"""What is asked of defenses: on one picture, and on a set of them."""

from pydantic import Field

from advlab.core.asked import Asked
from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.evaluation.contender import NETWORK, UNDEFENDED


class DefendRequest(Asked):
    """A table of defenses.

    Attributes:
        picture: as in an `AttackRequest`.
        model: the undefended network.
        norm, eps: what both attackers may change.
        steps: of the attacks by gradient.
        truth: what the picture really shows, if somebody said so.
        seed: of both attackers.
        override: the attack of who knows the defenses, in place of the one that suits each.
        defenses: by name, with their parameters.
        networks: other networks in the model's place, trained to resist.
    """

    norm: Norm = Norm.LINF
    eps: float = Field(gt=0)
    steps: int = Field(20, ge=1, le=1000)
    truth: int | None = Field(None, ge=0)
    seed: int = Field(0, ge=0)
    override: str | None = None
    defenses: dict[str, dict[str, Value]] = Field(default_factory=dict)
    networks: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[tuple[str, dict[str, Value]], ...]:
        """Who is put to the test, the undefended network first: keys of `evaluation.contender`, and parameters."""
        networks = ((NETWORK + name, dict[str, Value]()) for name in self.networks)
        return ((UNDEFENDED, {}), *networks, *self.defenses.items())


class SetRequest(DefendRequest):
    """The same over a set; `picture` names the set.

    Attributes:
        count: of the pictures, at most.
        check: whether what the chosen attacks left is attacked in other ways too.
        curve: whether it is counted within smaller and larger radii too.
    """

    count: int = Field(43, ge=1, le=10_000)
    check: bool = False
    curve: bool = False


class AutopsyRequest(Asked):
    """What hides a network's gradient; `picture` names the set.

    Attributes:
        who: names the defended network: a defense, or `network:NAME`.
        parameters: of the defense.
        norm, eps, steps, seed: of the attacks.
        count: of the pictures.
    """

    who: str
    parameters: dict[str, Value] = Field(default_factory=dict)
    norm: Norm = Norm.LINF
    eps: float = Field(gt=0)
    steps: int = Field(40, ge=1, le=1000)
    seed: int = Field(0, ge=0)
    count: int = Field(24, ge=1, le=1000)


class EnvelopeRequest(Asked):
    """A certificate against attacks; `picture` names the set.

    Attributes:
        sigma, draws, alpha: of the certificates.
        steps, seed: of the attacks.
        count: of the pictures.
    """

    sigma: float = Field(0.25, gt=0, le=2)
    draws: int = Field(500, ge=10, le=100_000)
    alpha: float = Field(0.001, gt=0, lt=1)
    steps: int = Field(10, ge=1, le=1000)
    seed: int = Field(0, ge=0)
    count: int = Field(12, ge=1, le=1000)


class ThreatsRequest(Asked):
    """Networks against threats that their training may not have known; `picture` names the set.

    Attributes:
        networks: others, beside the model.
        linf, l2, l1: how far the attackers may go in each norm.
        steps, seed: of the attacks by gradient.
        count: of the pictures.
    """

    networks: tuple[str, ...] = ()
    linf: float = Field(gt=0)
    l2: float = Field(gt=0)
    l1: float = Field(gt=0)
    steps: int = Field(20, ge=1, le=1000)
    seed: int = Field(0, ge=0)
    count: int = Field(20, ge=1, le=1000)

    @property
    def names(self) -> tuple[str, ...]:
        """All networks, the model first."""
        return (self.model, *self.networks)
