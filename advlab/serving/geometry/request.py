"""What is asked for: a plane through a picture, and how finely it is looked at."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from advlab.core.asked import Asked
from advlab.core.norms import Norm

# Asked about one by one, so many points take minutes on a small network.
FINEST = 401


class Direction(StrEnum):
    """Where an axis of a plane leads."""

    ATTACK = "attack"
    SIGN = "sign"
    GRADIENT = "gradient"
    CLASS = "class"
    PICTURE = "picture"
    RANDOM = "random"


class Axis(BaseModel):
    """An axis: a direction, and which run, class (its number) or picture it is of, where it is of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: Direction
    of: str = ""

    def __str__(self) -> str:
        return f"{self.direction}:{self.of}" if self.of else self.direction.value


class PlaneRequest(Asked):
    """A square piece of a plane.

    Attributes:
        picture: the origin: what an `AttackRequest` calls it.
        model: whose gradients make the plane, and whose answer is the clean class.
        norm: what axes are measured with: L∞, L2 or L1.
        across, up: the axes.
        reach: from the origin to each side, in the norm of the [0, 1] tensor.
        eps: radius of the ball that is drawn, in that norm; None for none.
        resolution: lines of the grid along each axis.
        clip: put pixels back into [0, 1], as files have them.
        seed: of random axes.
    """

    norm: Norm = Norm.LINF
    across: Axis
    up: Axis
    reach: float = Field(gt=0, allow_inf_nan=False)
    eps: float | None = Field(None, gt=0, allow_inf_nan=False)
    resolution: int = Field(201, ge=3, le=FINEST)
    clip: bool = True
    seed: int = Field(0, ge=0)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Both, the one across first."""
        return self.across, self.up
