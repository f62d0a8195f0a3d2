"""Jobs: one worker a device, equal work done once, Stop that is heard, results that outlive a page."""

import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any, Generic, TypeVar

from advlab.core.driver import Progress
from advlab.errors import AdvlabError

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_KEEP = 256


class Status(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Generic[T]):
    """One piece of work; pages poll it, the worker fills it."""

    def __init__(self, key: str, work: Callable[["Job[T]"], T]) -> None:
        self.key = key
        self.status = Status.QUEUED
        self.progress: Progress | None = None
        self.value: T | None = None
        self.problem: str | None = None
        self._work: Callable[[Job[T]], T] | None = work
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._people: set[str] = set()
        self._lock = threading.Lock()

    @property
    def live(self) -> bool:
        """Whether it still waits or runs."""
        return not self._ended.is_set()

    def join(self, person: str) -> bool:
        """Count somebody among those who wait for it; false if it is being stopped already."""
        with self._lock:
            if self._stop.is_set():
                return False
            self._people.add(person)
            return True

    def leave(self, person: str) -> None:
        """Somebody no longer wants it; it stops when nobody does."""
        with self._lock:
            self._people.discard(person)
            if not self._people:
                self._stop.set()

    def stopping(self) -> bool:
        """For the work: whether to end now."""
        return self._stop.is_set()

    def tell(self, progress: Progress) -> None:
        """For the work: how far it is."""
        self.progress = progress

    def wait(self, seconds: float) -> bool:
        """Wait for the end; whether it came in time."""
        return self._ended.wait(seconds)

    def run(self) -> None:
        """Do the work, in the worker's thread; every failure becomes a sentence."""
        work, self._work = self._work, None
        self.status = Status.RUNNING
        try:
            if work is not None:
                self.value = work(self)
            self.status = Status.DONE
        except AdvlabError as error:
            self.problem, self.status = str(error), Status.FAILED
        except Exception:  # noqa: BLE001 - the boundary: logged, numbered, and the server goes on
            number = uuid.uuid4().hex[:8]
            _LOG.exception("Job %s failed (%s)", self.key, number)
            self.problem = f"Something went wrong on our side. The server's log has the details under {number}."
            self.status = Status.FAILED
        finally:
            self._ended.set()


class Jobs:
    """The queue and the results; the least recently used results go first."""

    def __init__(self, workers: int = 1, prepare: Callable[[], None] | None = None) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="advlab", initializer=prepare)
        self._jobs: OrderedDict[str, Job[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def submit(self, key: str, person: str, work: Callable[[Job[T]], T]) -> Job[T]:
        """The job of this key: a running or finished one if there is one, else a new one."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.status is Status.FAILED or not job.join(person):
                job = Job(key, work)
                job.join(person)
                self._jobs[key] = job
                self._pool.submit(job.run)
            self._jobs.move_to_end(key)
            for old in [k for k, j in self._jobs.items() if not j.live][: max(0, len(self._jobs) - _KEEP)]:
                del self._jobs[old]
            return job

    def ahead(self, job: Job[Any]) -> int:
        """How many jobs wait or run before this one."""
        with self._lock:
            live = [j for j in self._jobs.values() if j.live]
        return live.index(job) if job in live else 0
