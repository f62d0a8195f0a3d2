"""An attack or a defense with its parameters, as one parameter of a link: what is not as it usually is."""

from collections.abc import Mapping

from advlab.core.parameters import Parameters, choices
from advlab.core.request import Value
from advlab.errors import ParameterError
from advlab.serving.exports import numbers
from advlab.serving.exports.params import Params

_USUAL = "on"


def write(kind: type[Parameters], parameters: dict[str, Value]) -> str:
    """What differs from the defaults: `quality:50`, or "on"."""
    unusual = kind.configured(parameters).unusual
    return ",".join(f"{key}:{numbers.write(value)}" for key, value in unusual.items()) or _USUAL


def read(kind: type[Parameters], text: str) -> dict[str, Value]:
    """The parameters that a link names; all others are as usual.

    Raises:
        ParameterError: one of them is impossible.
    """
    named = {} if text == _USUAL else dict(part.partition(":")[::2] for part in text.split(","))
    own: dict[str, Value] = {}
    for name, value in named.items():
        field = kind.model_fields.get(name)
        number = numbers.read(value)
        own[name] = number == 1 if field is not None and field.annotation is bool else number
        if field is not None and choices(field.annotation):
            own[name] = value
    return kind.configured(own).model_dump()


def take(reading: Params, kinds: Mapping[str, type[Parameters]]) -> dict[str, dict[str, Value]]:
    """Those of `kinds` that a link names, with their parameters; what is impossible becomes a sentence."""
    found: dict[str, dict[str, Value]] = {}
    for name, kind in kinds.items():
        text = reading.take(name)
        if text is None:
            continue
        try:
            found[name] = read(kind, text)
        except ParameterError as error:
            reading.problem(f"{error} It is left out.")
    return found
