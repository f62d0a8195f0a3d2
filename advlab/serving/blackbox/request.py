"""What is asked of transfer: which networks, made how, counted on what."""

from pydantic import Field

from advlab.core.asked import Asked
from advlab.core.norms import Norm
from advlab.core.request import Value


class TransferRequest(Asked):
    """Pictures made on each network and tried on all the others.

    Attributes:
        picture: the one that is tried, or names the set.
        model: the first of the networks, which says how large the pictures are.
        networks: the others, that tell the same classes apart.
        attack, parameters, norm, eps, seed: how the pictures are made.
        alone: one picture is tried, not a set.
        count: of the set's pictures.
    """

    networks: tuple[str, ...] = Field(min_length=1)
    attack: str = "mi_fgsm"
    parameters: dict[str, Value] = Field(default_factory=dict)
    norm: Norm = Norm.LINF
    eps: float = Field(gt=0, allow_inf_nan=False)
    seed: int = Field(0, ge=0)
    alone: bool = False
    count: int = Field(30, ge=1, le=1000)

    @property
    def names(self) -> tuple[str, ...]:
        """All networks, the model first."""
        return (self.model, *self.networks)
