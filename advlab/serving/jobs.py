"""Jobs: equal work done once, Stop that is heard, results that outlive a page."""

import atexit
import logging
import queue
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Generic, TypeVar

from advlab.core.driver import Progress
from advlab.errors import AdvlabError

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_KEEP = 256
# A job goes on for this many seconds after the last of its people was seen: a reload takes a moment.
_GRACE = 10.0


class Status(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Generic[T]):
    """One piece of work; pages poll it, a worker fills it."""

    def __init__(self, key: str, work: Callable[["Job[T]"], T], present: Callable[[str], bool]) -> None:
        self.key = key
        self.status = Status.QUEUED
        self.progress: Progress | None = None
        self.value: T | None = None
        self.problem: str | None = None
        self._work: Callable[[Job[T]], T] | None = work
        self._present = present
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._people: set[str] = set()
        self._seen = self._looked = time.monotonic()
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

    def leave(self, person: str) -> bool:
        """Somebody no longer wants it; it stops when nobody does. Whether it stops now."""
        with self._lock:
            self._people.discard(person)
            if not any(map(self._present, self._people)):
                self._stop.set()
            return self._stop.is_set()

    def stop(self) -> None:
        """End it, whoever waits."""
        self._stop.set()

    def stopping(self) -> bool:
        """For the work: whether to end now, because of Stop or because everybody has gone."""
        now = time.monotonic()
        if not self._stop.is_set() and now - self._looked > 1:
            self._looked = now
            with self._lock:
                if any(map(self._present, self._people)):
                    self._seen = now
                elif now - self._seen > _GRACE:
                    self._stop.set()
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
    """A queue with workers of its own and the results; the least recently used results go first."""

    def __init__(
        self,
        workers: int = 1,
        prepare: Callable[[], None] = lambda: None,
        present: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._present = present
        self._waiting: queue.SimpleQueue[Job[Any]] = queue.SimpleQueue()
        self._jobs: OrderedDict[str, Job[Any]] = OrderedDict()
        self._lock = threading.Lock()
        # Daemons, so that a run of half an hour does not keep the server from ending.
        for number in range(workers):
            threading.Thread(target=self._serve, args=(prepare,), name=f"advlab-{number}", daemon=True).start()
        atexit.register(self.close)

    def _serve(self, prepare: Callable[[], None]) -> None:
        prepare()
        while True:
            self._waiting.get().run()

    def close(self) -> None:
        """Stop everything, and wait a moment until the workers have heard it."""
        with self._lock:
            live = [job for job in self._jobs.values() if job.live]
        for job in live:
            job.stop()
        for job in live:
            if job.status is Status.RUNNING:
                job.wait(2)

    def submit(self, key: str, person: str, work: Callable[[Job[T]], T]) -> Job[T]:
        """The job of this key: a running or finished one if there is one, else a new one."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.status is Status.FAILED or not job.join(person):
                job = Job(key, work, self._present)
                job.join(person)
                self._jobs[key] = job
                self._waiting.put(job)
            self._jobs.move_to_end(key)
            for old in [k for k, j in self._jobs.items() if not j.live][: max(0, len(self._jobs) - _KEEP)]:
                del self._jobs[old]
            return job

    def ahead(self, job: Job[Any]) -> int:
        """How many jobs wait or run before this one."""
        with self._lock:
            live = [j for j in self._jobs.values() if j.live]
        return live.index(job) if job in live else 0
