"""What is asked for: a plane through a picture, and how finely it is looked at."""

import hashlib
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advlab.core.norms import Norm
from advlab.errors import ParameterError

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


class PlaneRequest(BaseModel):
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

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str
    model: str
    norm: Norm = Norm.LINF
    across: Axis
    up: Axis
    reach: float = Field(gt=0, allow_inf_nan=False)
    eps: float | None = Field(None, gt=0, allow_inf_nan=False)
    resolution: int = Field(201, ge=3, le=FINEST)
    clip: bool = True
    seed: int = Field(0, ge=0)

    @classmethod
    def checked(cls, **values: object) -> Self:
        """The request.

        Raises:
            ParameterError: with the name of a value that is impossible, and what it may be.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(map(str, problem["loc"]))
            raise ParameterError(f"{name} = {problem['input']!r} is impossible: {problem['msg'].lower()}.") from None

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Both, the one across first."""
        return self.across, self.up

    @property
    def exact(self) -> bool:
        """Whether the picture is taken pixel by pixel."""
        return self.picture.startswith("exact:")

    def key(self, *context: str) -> str:
        """Names the result: a hash of the request and of the very pixels that it is about."""
        return hashlib.sha256("\n".join((self.model_dump_json(), *context)).encode()).hexdigest()[:24]
