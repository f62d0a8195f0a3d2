"""How work is watched and stopped: what is called between its chunks."""

from collections.abc import Callable

# What it raises ends the work.
Tick = Callable[[], None]


def nothing() -> None:
    """Nobody watches."""
