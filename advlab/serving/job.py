"""One piece of work: pages poll it, a worker of its queue fills it."""

import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from advlab.core.settings import Progress

if TYPE_CHECKING:
    from advlab.serving.jobs import Jobs

T = TypeVar("T")


class Status(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"  # nobody wanted it any more before it began: there is no value


class Job(Generic[T]):
    """One piece of work; pages poll it, a worker fills it."""

    def __init__(self, key: str, work: Callable[["Job[T]"], T], home: "Jobs") -> None:
        self.key = key
        self.people: set[str] = set()  # who wait for it; changed by its queue only
        self.status = Status.QUEUED
        self.progress: Progress | None = None
        self.value: T | None = None
        self.draft: T | None = None  # what there is of the value so far
        self.problem: str | None = None
        self._work: Callable[[Job[T]], T] | None = work
        self._home = home
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._alone: float | None = None  # since when none of its people is there
        self._looked = time.monotonic()

    @property
    def live(self) -> bool:
        """Whether it still waits or runs."""
        return not self._ended.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it is to end, or has ended, before its time."""
        return self._stop.is_set()

    def leave(self, person: str) -> bool:
        """Somebody no longer wants it; it stops when nobody does. Whether it stops now."""
        return self._home.leave(self, person)

    def stop(self) -> None:
        """End it, whoever waits."""
        self._home.stop(self)

    def stopping(self) -> bool:
        """For the work: whether to end now, because of Stop or because everybody has gone."""
        now = time.monotonic()
        if not self.stopped and now - self._looked > 1:
            self._looked = now
            if self._home.deserted(self):
                self._stop.set()
        return self.stopped

    def tell(self, progress: Progress) -> None:
        """For the work: how far it is."""
        self.progress = progress

    def show(self, draft: T) -> None:
        """For the work: what there is so far."""
        self.draft = draft

    def wait(self, seconds: float) -> bool:
        """Wait for the end; whether it came in time."""
        return self._ended.wait(seconds)
