"""The names of a model's classes, from a file."""

import json
from collections import Counter
from typing import Any

from advlab.errors import InputError

# A file of labels is small; this one has a hundred characters for each of 50,000 classes.
MAX_LABEL_BYTES = 5_000_000
_HOW = "give a text file with one name a line, or a JSON list"


def read_labels(data: bytes, name: str) -> tuple[str, ...]:
    """Class names from text with one a line, or from JSON: a list, or an object of numbers and names.

    Names that occur twice get a number, so that each means one class.

    Args:
        data: the file's content, UTF-8.
        name: the file's name, for messages; `.json` is read as JSON.

    Raises:
        InputError: it is none of these, or holds fewer than two names.
    """
    if len(data) > MAX_LABEL_BYTES:
        raise InputError(f"{name} is too large for a file of labels ({len(data) / 1e6:.0f} MB): {_HOW}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not text in UTF-8: {_HOW}.") from error
    if name.lower().endswith(".json") or text.lstrip()[:1] in {"[", "{"}:
        found = _json(text, name)
    else:
        found = [line.strip() for line in text.splitlines() if line.strip()]
    if len(found) < 2:
        raise InputError(f"{name} holds {len(found)} labels, and a classifier has two or more: {_HOW}.")
    return distinct(found)


def distinct(names: list[str]) -> tuple[str, ...]:
    """The names, those that occur again with a number."""
    taken, seen = set(names), Counter[str]()
    result = []
    for name in names:
        seen[name] += 1
        own = name
        while seen[name] > 1 and own in taken:
            own = f"{name} ({seen[name]})"
            seen[name] += own in taken
        taken.add(own)
        result.append(own)
    return tuple(result)


def _json(text: str, name: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is no JSON: {_HOW}.") from error
    if isinstance(found, list):
        return [_name(item, name) for item in found]
    if isinstance(found, dict):
        return _by_number(found, name)
    raise InputError(f"{name} holds neither a list nor an object: {_HOW}.")


def _by_number(found: dict[str, Any], name: str) -> list[str]:
    """`{"0": "cat"}`, `{"cat": 0}` or `{"0": ["n02123045", "cat"]}`."""
    if all(key.isdecimal() for key in found):
        pairs = {int(key): _name(value, name) for key, value in found.items()}
    elif all(isinstance(value, int) for value in found.values()):
        pairs = {value: key for key, value in found.items()}
    else:
        raise InputError(f'{name} should number its classes, like {{"0": "cat", "1": "dog"}}: {_HOW}.')
    if sorted(pairs) != list(range(len(found))):
        raise InputError(f"{name} should number its classes from 0 without gaps: {_HOW}.")
    return [pairs[index] for index in range(len(pairs))]


def _name(item: object, name: str) -> str:
    if isinstance(item, list) and item:
        item = item[-1]
    if not isinstance(item, str) or not item.strip():
        raise InputError(f"{name} has a class without a name: {_HOW}.")
    return item.strip()
