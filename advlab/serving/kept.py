"""Results that are kept for those who ask again, within bounds of number and of memory."""

import dataclasses
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Generic, TypeVar

import numpy as np
from PIL import Image
from pydantic import BaseModel

T = TypeVar("T")


def size(value: object) -> int:
    """Bytes that a result holds, arrays and what is inside of containers included.

    What occurs twice counts once. Of anything that is not plain data (dataclasses, Pydantic models,
    containers, arrays, pictures) only the object itself is counted.
    """
    seen: set[int] = set()
    total, todo = 0, [value]
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        if isinstance(one, np.ndarray):
            # An array that only looks at another's memory keeps all of that alive.
            owner = one.base if isinstance(one.base, np.ndarray) else one
            if owner is one:
                total += 0 if one.flags.owndata else one.nbytes
            else:
                todo.append(owner)
        elif isinstance(one, Image.Image):
            total += one.width * one.height * len(one.getbands())
        else:
            todo.extend(_inside(one))
    return total


def _inside(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, BaseModel):
        return list(value.__dict__.values())
    if dataclasses.is_dataclass(value):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    return []


class Kept(Generic[T]):
    """Least recently used out first; nothing is kept that is larger than all the room there is.

    Whoever holds a result has it for as long as they hold it: what goes is only the way to find it.
    """

    def __init__(self, most_bytes: int, most: int = 256) -> None:
        self.bytes = 0
        self._most_bytes, self._most = most_bytes, most
        self._items: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: str) -> T | None:
        """What is kept under a key; it counts as used."""
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key][0]

    def put(self, key: str, item: T, bytes_: int) -> None:
        """Keep something that takes so many bytes."""
        with self._lock:
            self._take(key)
            if bytes_ > self._most_bytes:
                return
            self._items[key] = (item, bytes_)
            self.bytes += bytes_
            while len(self._items) > self._most or self.bytes > self._most_bytes:
                self._take(next(iter(self._items)))

    def _take(self, key: str) -> None:
        _, bytes_ = self._items.pop(key, (None, 0))
        self.bytes -= bytes_
