"""Parameters of what is chosen by name, an attack or a defense: checked, with a sentence for what is impossible."""

from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from advlab.errors import ParameterError


class Parameters(BaseModel):
    """Frozen values, each with a title, a description and limits."""

    # A choice is kept as its word, a default one too: what is dumped is then plain data.
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=False, use_enum_values=True, validate_default=True
    )

    name: ClassVar[str]
    title: ClassVar[str]

    @classmethod
    def configured(cls, parameters: dict[str, Any]) -> Self:
        """It with these parameters.

        Raises:
            ParameterError: with the parameter's name, its value and what it may be.
        """
        try:
            return cls(**parameters)
        except ValidationError as error:
            raise ParameterError(_sentence(cls, error)) from None

    @property
    def unusual(self) -> dict[str, Any]:
        """The parameters that are not what they are by default."""
        return {
            name: value
            for name, value in self.model_dump().items()
            if value != self.__class__.model_fields[name].default
        }


def choices(annotation: object) -> list[str]:
    """The words of a parameter that is one of a few; none for a number or a switch."""
    is_choice = isinstance(annotation, type) and issubclass(annotation, StrEnum)
    return [str(choice) for choice in annotation] if is_choice else []  # type: ignore[attr-defined]


def _sentence(kind: type[Parameters], error: ValidationError) -> str:
    problem = error.errors()[0]
    name = ".".join(map(str, problem["loc"]))
    known = ", ".join(kind.model_fields) or "none"
    if problem["type"] == "extra_forbidden":
        return f"{kind.title} has no parameter “{name}”; it has: {known}."
    field = kind.model_fields.get(name)
    return f"{kind.title}: {field.title if field else name} ({name}) {_reason(problem)}, not {problem['input']!r}."


def _reason(problem: ErrorDetails) -> str:
    """What a value must be, from Pydantic's finding."""
    kind = problem["type"]
    limits = {
        "greater_than_equal": ("ge", "at least"),
        "greater_than": ("gt", "more than"),
        "less_than_equal": ("le", "at most"),
        "less_than": ("lt", "less than"),
    }
    if kind in limits:
        key, words = limits[kind]
        return f"must be {words} {problem['ctx'][key]:g}"
    if kind == "enum":
        return f"must be {problem['ctx']['expected'].replace(chr(39), '')}"
    kinds = {"int": "a whole number", "float": "a number", "finite": "a finite number", "bool": "true or false"}
    what = kinds.get(kind.split("_")[0])
    return f"must be {what}" if what else problem["msg"].lower()
