"""The one currency: everything that defines a run on one picture, as plain data."""

import hashlib
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advlab.core.norms import Norm
from advlab.errors import ParameterError

Value = bool | int | float | None


class AttackRequest(BaseModel):
    """What to attack, how, and with what budget; a page, the CLI and a file all say it this way.

    Attributes:
        picture: "sample:coffee", or "upload:" and the digest of the file's pixels; "exact:" for one
            that is taken pixel by pixel, without resizing.
        model: a name from the catalogue.
        attack: a name from `advlab.attacks.available()`; `parameters` are its own.
        norm, eps: the threat model; eps in [0, 1] units, None for a minimal-norm search without radius.
        target: the class to reach, or None for any other than the model's own answer.
        seed: of the attack's noise.
        truth: what the picture really shows, if somebody said so; an untargeted attack then leaves this class.
        early_stop: end at the first confirmed success instead of keeping the largest margin.
        max_queries: the attacker's budget of forward passes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str
    model: str
    attack: str
    norm: Norm
    eps: float | None = Field(None, ge=0)
    target: int | None = Field(None, ge=0)
    truth: int | None = Field(None, ge=0)
    seed: int = Field(0, ge=0)
    early_stop: bool = False
    max_queries: int | None = Field(None, ge=1)
    parameters: dict[str, Value] = Field(default_factory=dict)

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
            name, reason = ".".join(map(str, problem["loc"])), problem["msg"]
            if problem["type"] == "missing":
                raise ParameterError(f"The request says no {name}: add it.") from None
            value = repr(problem["input"])
            shown = value if len(value) <= 60 else f"{value[:59]}…"
            raise ParameterError(f"{name[:60]} = {shown} is impossible: {reason.lower()}.") from None

    @property
    def exact(self) -> bool:
        """Whether the picture is taken pixel by pixel."""
        return self.picture.startswith("exact:")

    @property
    def public(self) -> Self:
        """Without the name of somebody's own weights: whoever knows it could use them on this server."""
        return self.model_copy(update={"model": "own"}) if self.model.startswith("own:") else self

    def key(self, *context: str) -> str:
        """Names the result: a hash of the request and of what it runs on (model digest, version, ...)."""
        return hashlib.sha256("\n".join((self.model_dump_json(), *context)).encode()).hexdigest()[:24]
