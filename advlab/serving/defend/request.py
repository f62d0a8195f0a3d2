"""What is asked for: one picture, one network, some defenses, both attackers."""

import hashlib
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.errors import ParameterError


class DefendRequest(BaseModel):
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

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str
    model: str
    norm: Norm = Norm.LINF
    eps: float = Field(gt=0)
    steps: int = Field(20, ge=1, le=1000)
    truth: int | None = Field(None, ge=0)
    seed: int = Field(0, ge=0)
    defenses: dict[str, dict[str, Value]] = Field(default_factory=dict)
    networks: tuple[str, ...] = ()

    @classmethod
    def checked(cls, **values: object) -> Self:
        """The request, with a sentence for people where a value is impossible.

        Raises:
            ParameterError: with the value's name and what it may be.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(map(str, problem["loc"]))
            raise ParameterError(f"{name} = {problem['input']!r} is impossible: {problem['msg'].lower()}.") from None

    @property
    def exact(self) -> bool:
        """Whether the picture is taken pixel by pixel."""
        return self.picture.startswith("exact:")

    def key(self, *context: str) -> str:
        """Names the result: a hash of the request and of the very pixels that it is about."""
        return hashlib.sha256("\n".join((self.model_dump_json(), *context)).encode()).hexdigest()[:24]
