"""Things that are found by being there: one new file in a package, and every consumer has it."""

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Generic, TypeVar

from advlab.errors import ParameterError

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things, filled by importing every module of a package once.

    An error in a module is not swallowed: a broken file must not vanish from the menu in silence.
    """

    def __init__(self, package: str, kind: str) -> None:
        self._package = package
        self._kind = kind
        self._items: dict[str, T] = {}
        self._complete = False

    def register(self, name: str, item: T) -> None:
        """Add `item`; a second one of the same name is a mistake in our own code."""
        if name in self._items:
            raise ValueError(f"There are two of the {self._kind} “{name}”.")
        self._items[name] = item

    def remove(self, name: str) -> None:
        """Forget one again: for tests that add a dummy."""
        del self._items[name]

    def all(self) -> Mapping[str, T]:
        """Everything there is, by name."""
        if not self._complete:
            package = importlib.import_module(self._package)
            for module in pkgutil.iter_modules(package.__path__, f"{self._package}."):
                importlib.import_module(module.name)
            self._complete = True
        return dict(sorted(self._items.items()))

    def get(self, name: str) -> T:
        """The one of this name.

        Raises:
            ParameterError: there is none; the nearest names are suggested.
        """
        items = self.all()
        if name in items:
            return items[name]
        near = difflib.get_close_matches(name, items, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        raise ParameterError(f"There is no {self._kind} “{name}”.{hint} There are: {', '.join(items)}.")
