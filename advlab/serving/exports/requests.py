"""Requests from files: our own exports, or written by hand. Nothing in them is trusted."""

import json
from typing import Any, NoReturn

import yaml

from advlab import attacks
from advlab.core.attack import Access, Objective
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.core.service import OPEN
from advlab.errors import InputError, ParameterError, ThreatError
from advlab.serving import crafting
from advlab.serving.exports.files import SCHEMA

_MOST_BYTES = 32 * 2**10
_DEEPEST = 20
# What PyYAML raises on odd files, besides its own: an empty number is an IndexError, a strange date an AttributeError.
_BROKEN = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)
_HINT = "export one from the Attack Lab to see how it is written"


def read_request(text: str | bytes, name: str) -> AttackRequest:
    """The request in a JSON or YAML file.

    Args:
        text: the file's content: `{"schema": 1, "request": {...}}`, or the request alone. What else an
            export holds, such as its result, is passed over. `eps` may be written as 2/255.
        name: the file's name: JSON is read where it ends in .json, else YAML.

    Raises:
        InputError: it is no such file, or too large. ParameterError: a value is impossible.
    """
    values: Any = _document(text, name)
    if "request" in values or "schema" in values:
        if values.get("schema", SCHEMA) != SCHEMA:
            raise InputError(f"{name} has schema {_short(values['schema'])}; this version reads schema {SCHEMA}.")
        values = values.get("request")
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise InputError(f"{name} holds no request: {_HINT}.")
    return check(AttackRequest.checked(**values | {"eps": _radius(values.get("eps"))}))


def check(request: AttackRequest) -> AttackRequest:
    """The request, if its attack exists and can work like this.

    Raises:
        ParameterError, ThreatError: it cannot; with a sentence.
    """
    kind = attacks.registry.get(request.attack)
    kind.configured(request.parameters)
    if request.norm not in kind.norms:
        usable = " and ".join(norm.symbol for norm in kind.norms)
        raise ThreatError(f"{kind.title} works in {usable}, not in {request.norm.symbol}.")
    if request.eps is None and kind.objective is Objective.RADIUS:
        example = "2/255" if request.norm is Norm.LINF else "0.5"
        raise ThreatError(f"{kind.title} needs a radius: give eps, for instance {example}.")
    if request.service != OPEN and kind.access is Access.GRADIENT:
        raise ParameterError(f"{kind.title} sees gradients, which no interface shows: choose a black-box attack.")
    return crafting.check(request)


def _document(text: str | bytes, name: str) -> dict[Any, Any]:
    if len(text) > _MOST_BYTES:
        raise InputError(f"{name} is larger than {_MOST_BYTES // 2**10} KB, so it is no request: {_HINT}.")
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        is_json = name.lower().endswith(".json")
        loaded = json.loads(decoded, parse_constant=_refuse) if is_json else _yaml(decoded)
    except _BROKEN as error:
        reason = str(error).split("\n", 1)[0]
        raise InputError(f"{name} cannot be read ({_short(reason)}): {_HINT}.") from error
    if not isinstance(loaded, dict):
        raise InputError(f"{name} holds no request: {_HINT}.")
    return loaded


def _yaml(text: str) -> Any:  # noqa: ANN401 - any plain data
    """Plain data only: no references, of which a few lines unfold into gigabytes, and no deep nesting.

    Events come one by one, so this ends before the reader is lost in brackets: 60 KB of them take it minutes.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("it has references, *name, which are not read")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
    return yaml.safe_load(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _radius(value: object) -> object:
    """A radius, or a fraction such as 2/255, which YAML takes for a text."""
    if not isinstance(value, str):
        return value
    above, _, below = value.partition("/")
    try:
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise ParameterError(f"eps = {_short(value)} is no number; write 2/255 or 0.5.") from None


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else text[:79] + "…"
