"""Many jobs that a page wants at once: they begin a few at a time, and each can be stopped by itself."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from advlab.errors import ResourceError
from advlab.serving.jobs import Job
from advlab.ui import work
from advlab.ui.tasks import Task, leave


@dataclass
class Series:
    """Jobs by their place on the page, in order; those for which there is no room yet wait here.

    A person may have a few jobs in the queue at once. One of these places is left free, so that who waits for a
    long series can still attack something in the Lab.

    Attributes:
        tasks: what is wanted.
        jobs: those that have begun; an ended one stays as long as it is wanted.
        given_up: places that were stopped before their job began.
    """

    tasks: dict[str, Task] = field(default_factory=dict)
    jobs: dict[str, Job[Any]] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)

    def want(self, tasks: Mapping[str, Task], patience: float = 0.0) -> None:
        """Exactly these from now on; waits a moment for what takes an instant."""
        for place, job in list(self.jobs.items()):
            if place not in tasks or tasks[place].key != job.key:
                leave(job)
                del self.jobs[place]
        if any(self.tasks.get(place) is None or self.tasks[place].key != task.key for place, task in tasks.items()):
            self.given_up.clear()
        self.tasks = dict(tasks)
        self.go_on()
        until = time.monotonic() + patience
        while (running := self.running) and time.monotonic() < until:
            next(iter(running.values())).wait(max(0.0, until - time.monotonic()))
            self.go_on()

    def again(self) -> None:
        """What was stopped is wanted after all."""
        self.given_up.clear()
        self.jobs = {place: job for place, job in self.jobs.items() if not job.stopped}

    def go_on(self) -> None:
        """Begin as many of those that wait as there is room for."""
        for place in self.waiting:
            if self.running and work.jobs().room(work.person()) <= 1:
                return
            task = self.tasks[place]
            try:
                self.jobs[place] = work.jobs().submit(task.key, work.person(), task.do)
            except ResourceError:  # something else of this visitor's is under way: the next look may find room
                return

    @property
    def waiting(self) -> list[str]:
        """Places whose job has not begun."""
        return [place for place in self.tasks if place not in self.jobs and place not in self.given_up]

    @property
    def running(self) -> dict[str, Job[Any]]:
        """Jobs that have not ended."""
        return {place: job for place, job in self.jobs.items() if job.live}

    @property
    def live(self) -> bool:
        """Whether somebody has to wait."""
        return bool(self.running or self.waiting)

    @property
    def ended(self) -> int:
        """How many have come to an end, in whatever way."""
        return len(self.tasks) - len(self.running) - len(self.waiting)

    def give_up(self, place: str) -> None:
        """One that waits is not wanted any more."""
        if place in self.waiting:  # it may have begun since the page was drawn: then it has a Stop of its own
            self.given_up.add(place)

    def stop(self) -> None:
        """None of them is wanted any more; what they have found so far stays."""
        self.given_up.update(self.waiting)
        for job in self.running.values():
            leave(job)

    def problem(self, place: str) -> str | None:
        """Why nothing will come from there."""
        job = self.jobs.get(place)
        if place in self.given_up or (job is not None and not job.live and job.value is None and not job.problem):
            return "Stopped before it began."
        return None if job is None else job.problem
