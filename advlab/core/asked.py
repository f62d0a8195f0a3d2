"""What all requests about one picture have in common."""

import hashlib
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from advlab.errors import ParameterError


class Asked(BaseModel):
    """A question about a picture and a model.

    Attributes:
        picture: "sample:coffee", or "upload:" and the digest of the file's pixels; "exact:" for one that is taken
            pixel by pixel, without resizing.
        model: a name from the catalogue.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str
    model: str

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

    def key(self, *context: str) -> str:
        """Names the result: a hash of the request and of what it runs on (pixels, model digest, version, ...)."""
        return hashlib.sha256("\n".join((self.model_dump_json(), *context)).encode()).hexdigest()[:24]
