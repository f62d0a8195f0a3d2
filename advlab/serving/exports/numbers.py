"""Numbers as text and back, exactly: what is read is to the last bit what was written."""

import math
import re
from decimal import Context, Decimal
from fractions import Fraction

# Plain ASCII and short: Python's own readers take underscores, other scripts' digits and a million zeros.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_LONGEST = 60
# More digits than a float needs, even in 255ths; and the length up to which floats are divided.
_DIGITS = 25
_SHORT = 16


def read(text: str) -> int | float | None:
    """A finite number; one without a point is an int. None where the text is no number."""
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    if _WHOLE.fullmatch(text):
        return int(text)
    value = float(text)
    return value if math.isfinite(value) else None


def write(value: bool | int | float | str | None) -> str:  # noqa: FBT001 - a value, not a switch
    """A parameter's value as a link has it: None is "auto", a switch is 1 or 0, a choice its word."""
    if value is None:
        return "auto"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return value if isinstance(value, str) else str(int(value))


def read_255ths(text: str) -> float | None:
    """A number of 255ths as a number; None where the text is none.

    Written shortly it is what a division of floats gives, as on the page. That misses one number in 256,
    since not every float is a float / 255; those are written long and divided exactly.
    """
    value = read(text)
    if value is None:
        return None
    return value / 255 if len(text) <= _SHORT or not value else float(Fraction(text) / 255)


def write_255ths(value: float) -> str:
    """The shortest n for which n / 255 is exactly this number."""
    exact = Context(prec=2 * _DIGITS).multiply(Decimal(value), Decimal(255))
    for digits in range(1, _DIGITS):
        rounded = Context(prec=digits).plus(exact).normalize()
        text = f"{rounded:f}" if -_DIGITS < rounded.adjusted() < _DIGITS else f"{rounded:e}"
        if read_255ths(text) == value:
            return text
    raise ValueError(f"{value} cannot be written in 255ths.")


def fraction(value: float) -> str:
    """A radius in L∞ as people and Python write it: 2/255 where that is exactly it."""
    text = write_255ths(value)
    return f"{text}/255" if len(text) <= 6 else repr(value)
