"""Work that shows what it has so far, and that somebody may stop: what was there last is what it comes to."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from advlab.analysis.ticking import Tick

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818 - no error
    """Somebody pressed Stop."""


def last_of(
    work: Callable[[Tick], Iterator[T]],
    show: Callable[[T], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> T | None:
    """The last thing that the work gives; None if it was stopped before the first.

    Args:
        work: gives one thing after the other; it is handed what it has to call between chunks.
        show: called with each of them.
        should_stop: asked between chunks, and before the first.
    """

    def tick() -> None:
        if should_stop():
            raise Stopped

    last: T | None = None
    try:
        tick()
        for last in work(tick):
            show(last)
    except Stopped:
        pass
    return last
