"""From the words of a command line to values, with a sentence where a word is none."""

import difflib
from collections.abc import Sequence

from advlab.core.classifier import Size
from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.core.service import OPEN, Service
from advlab.errors import ParameterError
from advlab.serving.exports import configured, numbers


def norm(text: str | None, default: Norm) -> Norm:
    """A norm by its name."""
    if text is None:
        return default
    if text not in list(Norm):
        raise ParameterError(f"There is no norm “{text}”; there are: {', '.join(Norm)}.")
    return Norm(text)


def number(text: str) -> float:
    """A number, or a fraction such as 2/255."""
    try:
        above, _, below = text.partition("/")
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise ParameterError(f"“{text}” is no number; write 2/255 or 0.5.") from None


def index(text: str, labels: Sequence[str]) -> int:
    """A class by its name or its number."""
    lower = [label.lower() for label in labels]
    if text.lower() in lower:
        return lower.index(text.lower())
    if text.isdecimal() and int(text) < len(labels):
        return int(text)
    near = difflib.get_close_matches(text.lower(), lower, n=3, cutoff=0.5)
    hint = f" Did you mean: {', '.join(near)}?" if near else ""
    raise ParameterError(f"The model has no class “{text}”.{hint}")


def assignment(text: str) -> tuple[str, Value]:
    """A parameter of the attack: `steps=40`."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError(f"“{text}” sets nothing; write --set steps=40.")
    words: dict[str, Value] = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    plain = numbers.read(value)
    if plain is None and not value[:1].isalpha():
        return name, number(value)
    return name, value if plain is None else plain  # a word: whether it is one of a few, the attack says


def names(text: str | None) -> tuple[str, ...]:
    """Names that are separated by commas; none where nothing is given."""
    return () if text is None else tuple(name.strip() for name in text.split(","))


def service(text: str | None) -> Service:
    """What stands before the model: `top:5,decimals:2`, as in a link."""
    return OPEN if text is None else Service(**configured.read(Service, text))


def size(text: str) -> Size:
    """Channels, height and width from 224, 224x192 or 1x28x28."""
    sides = text.lower().split("x")
    if not 1 <= len(sides) <= 3 or not all(side.isdecimal() and len(side) < 6 for side in sides):
        raise ParameterError(f"“{text}” is no size; write --size 224, or 1x28x28 for channels, height and width.")
    numbers = [int(side) for side in sides]
    channels = numbers.pop(0) if len(numbers) == 3 else 3
    return channels, numbers[0], numbers[-1]
