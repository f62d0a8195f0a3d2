"""Jobs: equal work done once, turns for many people, Stop that is heard, results that outlive a page.

Nobody is given another's result, because a job is found by its key alone and a key holds a digest of the very
pixels that are worked on, together with all of the request: equal keys are equal work on equal pictures. What
came of an uploaded picture is reached only by somebody who has that picture.
"""

import atexit
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from advlab.errors import ResourceError
from advlab.serving.job import Job, Status
from advlab.serving.kept import Kept, size
from advlab.serving.problems import sentence
from advlab.serving.turns import Turns

__all__ = ["Job", "Jobs", "Status"]

T = TypeVar("T")
# A job goes on for this many seconds after the last of its people was seen: a reload takes a moment.
_GRACE = 10.0
_MIB = 2**20


class Jobs:
    """A queue with workers of its own, in which people take turns, and the results."""

    def __init__(
        self,
        workers: int = 1,
        prepare: Callable[[], None] = lambda: None,
        present: Callable[[str], bool] = lambda _: True,
        *,
        limit: int | None = 4,
        most_bytes: int = 512 * _MIB,
    ) -> None:
        """Start the workers.

        Args:
            workers: how many jobs run at once.
            prepare: called once in each worker's thread.
            present: whether somebody still has the page open; called often, from any thread.
            limit: most live jobs that one person may wait for.
            most_bytes: of the results that are kept.
        """
        self._present = present
        self._limit = limit
        self._turns: Turns[Job[Any]] = Turns(workers)
        self._live: dict[str, Job[Any]] = {}  # by key
        self._kept: Kept[Job[Any]] = Kept(most_bytes)
        self._changed = threading.Condition()
        self._closed = False
        self._swept = 0.0
        # Daemons, so that a run of half an hour does not keep the server from ending.
        for number in range(workers):
            threading.Thread(target=self._serve, args=(prepare,), name=f"advlab-{number}", daemon=True).start()
        atexit.register(self.close)

    def submit(self, key: str, person: str, work: Callable[[Job[T]], T]) -> Job[T]:
        """The job of this key: a running or finished one if there is one, else a new one.

        Raises:
            ResourceError: the person waits for as many jobs as one may already.
        """
        with self._changed:
            if self._closed:
                raise ResourceError("The server is being stopped: come back when it runs again.")
            job = self._live.get(key)
            if job is not None and not job.stopped:
                if person not in job.people:
                    self._check_limit(person)
                    self._turns.join(job, person)
                return job
            job = self._kept.get(key)
            if job is None:
                self._sweep()
                self._check_limit(person)
                job = self._live[key] = Job(key, work, self)
                self._turns.add(job, person)
                self._changed.notify_all()
            return job

    @property
    def people(self) -> int:
        """How many wait for something; who waits for two jobs counts twice."""
        with self._changed:
            return sum(len(job.people) for job in self._turns.live)

    def room(self, person: str) -> float:
        """How many more jobs somebody may wait for; infinite without a limit."""
        with self._changed:
            return float("inf") if self._limit is None else self._limit - self._turns.of(person)

    def ahead(self, job: Job[Any]) -> int:
        """How many jobs run now or will begin before this one, in the order of turns."""
        with self._changed:
            self._sweep()
            return self._turns.ahead(job)

    def leave(self, job: Job[Any], person: str) -> bool:
        """Somebody no longer wants a job; it stops when none of those who do is there. Whether it stops."""
        with self._changed:
            self._turns.leave(job, person)
            if job.live and not any(map(self._present, job.people)):
                self.stop(job)
            return job.stopped or not job.live

    def stop(self, job: Job[Any]) -> None:
        """End a job, whoever waits: at once if it has not begun, else as soon as its work asks."""
        with self._changed:
            job._stop.set()
            if job.status is Status.QUEUED:
                self._drop(job)

    def deserted(self, job: Job[Any]) -> bool:
        """Whether all the people of a job have been away for longer than a reload takes."""
        now = time.monotonic()
        with self._changed:
            if any(map(self._present, job.people)):
                job._alone = None
                return False
            job._alone = job._alone or now
            return now - job._alone > _GRACE

    def close(self) -> None:
        """Stop everything, and wait a moment until the workers have heard it."""
        with self._changed:
            self._closed = True
            live = self._turns.live
            for job in live:
                self.stop(job)
            self._changed.notify_all()
        for job in live:
            job.wait(2)

    def _check_limit(self, person: str) -> None:
        if self._limit is not None and self.room(person) < 1:
            runs = f"{self._limit} runs" if self._limit > 1 else "a run"
            raise ResourceError(f"You have {runs} under way already: wait until one has ended, or stop one.")

    def _serve(self, prepare: Callable[[], None]) -> None:
        prepare()
        while (job := self._take()) is not None:
            self._run(job)

    def _take(self) -> Job[Any] | None:
        """The next job for this worker, once there is one; None when the server ends."""
        with self._changed:
            while not self._closed:
                self._sweep()
                job = self._turns.next(lambda job: any(map(self._present, job.people)))
                if job is not None:
                    self._turns.begin(job)
                    job.status = Status.RUNNING
                    return job
                # Those who wait may come back, or be gone for good, without anybody telling.
                self._changed.wait(1 if self._turns.waiting else None)
        return None

    def _run(self, job: Job[T]) -> None:
        """Do the work; every failure becomes a sentence."""
        work, job._work = job._work, None
        value: T | None = None
        problem: str | None = None
        try:
            value = work(job) if work is not None else None
        except Exception as error:  # noqa: BLE001 - the boundary: in words or logged, and the server goes on
            problem = sentence(error, job.key)
        bytes_ = size(value)
        with self._changed:
            self._turns.end(job)
            if problem is None and not job.stopped:
                self._kept.put(job.key, job, bytes_)
            self._end(job, Status.DONE if problem is None else Status.FAILED, value, problem)

    def _drop(self, job: Job[Any], problem: str | None = None) -> None:
        self._turns.drop(job)
        self._end(job, Status.DROPPED, None, problem)

    def _end(self, job: Job[T], status: Status, value: T | None, problem: str | None) -> None:
        if self._live.get(job.key) is job:
            del self._live[job.key]
        job._work = job.draft = None
        job.value, job.problem, job.status = value, problem, status
        job._ended.set()
        self._changed.notify_all()

    def _sweep(self) -> None:
        """Drop what waits for people who have gone; looked for twice a second at most."""
        now = time.monotonic()
        if now - self._swept < 0.5:
            return
        self._swept = now
        for job in self._turns.waiting[:]:
            if self.deserted(job):
                job._stop.set()
                self._drop(job, "This run was taken out of the queue when its page was closed: press Run again.")
