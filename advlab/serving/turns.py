"""Whose turn it is: people take turns, whatever the number of jobs that each of them has asked for.

This is start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996) with every job counted as one turn.
Departure: nothing is weighted by length, because nobody knows beforehand how long a search takes, and somebody
who was slow once should not pay for it later; against long jobs there is a limit on workers instead.
"""

import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

# Somebody who asked for something within so many seconds is still about and will ask again.
_ABOUT = 60.0


class Wanted(Protocol):
    """What waits: it knows who wants it."""

    people: set[str]


J = TypeVar("J", bound=Wanted)


class Turns(Generic[J]):
    """Fair order of the jobs of many people. No threads in here: its owner holds a lock.

    Each person has the number of the next round in which it is their turn; the job of the lowest round goes
    first, and within a round the one that was asked for first. Somebody who comes anew enters the present
    round, so their first job waits for the others' turns of one round and never for anybody's second. A job
    that several people want goes by the earliest of their rounds and is a turn of each.

    With W workers nobody occupies more than max(1, W - 1) while somebody else is about, so that one person's
    two runs of half an hour leave a worker to the others; alone on a server one may have them all. Nothing
    that runs is taken off its worker: with one worker, or where W people each have a long run, the next one
    waits until the first of those has ended.
    """

    def __init__(self, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.waiting: list[J] = []  # as they came
        self.running: list[J] = []  # as they began
        self._workers = workers
        self._clock = clock
        self._round = 0  # of the job that began last
        self._next: dict[str, int] = {}  # the round of a person's next turn
        self._asked: dict[str, float] = {}  # when a person asked last
        self._order: list[J] | None = None

    @property
    def live(self) -> list[J]:
        """All that run or wait."""
        return self.running + self.waiting

    def of(self, person: str) -> int:
        """How many jobs somebody waits for."""
        return sum(person in job.people for job in self.live)

    def add(self, job: J, person: str) -> None:
        """A new job."""
        self._welcome(person)
        job.people.add(person)
        self.waiting.append(job)

    def join(self, job: J, person: str) -> None:
        """Somebody else wants it, too."""
        self._welcome(person)
        job.people.add(person)

    def leave(self, job: J, person: str) -> None:
        """Somebody no longer wants it."""
        self._order = None
        job.people.discard(person)

    def drop(self, job: J) -> None:
        """It is wanted no more before it began."""
        self._order = None
        self.waiting.remove(job)

    def end(self, job: J) -> None:
        """It has ended."""
        self._order = None
        self.running.remove(job)
        if not self.live:  # whoever comes now is equal, and nobody need be remembered
            self._round = max(self._next.values(), default=self._round)
            self._next.clear()

    def begin(self, job: J) -> None:
        """It is this job's turn."""
        self._order = None
        self.waiting.remove(job)
        self.running.append(job)
        self._round = max(self._round, self._turn(job))
        for person in job.people:
            self._next[person] = max(self._next[person], self._round) + 1
        # Whoever has nothing waiting and would enter at the present round anyhow need not be remembered.
        waiting = {person for job in self.waiting for person in job.people}
        self._next = {p: turn for p, turn in self._next.items() if turn > self._round or p in waiting}

    def next(self, ready: Callable[[J], bool] = lambda _: True) -> J | None:
        """The job that should begin on a free worker; None if none may."""
        return self._first([job for job in self.waiting if ready(job)], self.running)

    def ahead(self, job: J) -> int:
        """How many of the jobs that live now begin, or have begun, before this one; 0 once it runs.

        Exact on one worker, as long as nobody comes or leaves. With more, it supposes that runs end in the
        order in which they began, which matters only where somebody has reached their share of the workers.
        """
        if self._order is None:
            self._order = self._foreseen()
        return self._order.index(job) + len(self.running) if job in self._order else 0

    def _welcome(self, person: str) -> None:
        self._order = None
        now = self._clock()
        self._asked = {p: when for p, when in self._asked.items() if now - when < _ABOUT} | {person: now}
        if not any(person in job.people for job in self.waiting):
            self._next[person] = max(self._next.get(person, 0), self._round)

    def _turn(self, job: J) -> int:
        return min((self._next.get(person, self._round) for person in job.people), default=self._round)

    def _first(self, waiting: list[J], running: list[J]) -> J | None:
        allowed = [job for job in waiting if any(self._may(person, running) for person in job.people)]
        return min(allowed, key=self._turn, default=None)

    def _may(self, person: str, running: list[J]) -> bool:
        if sum(person in job.people for job in running) < max(1, self._workers - 1):
            return True
        now = self._clock()
        about = {p for p, when in self._asked.items() if now - when < _ABOUT}
        about.update(p for job in self.live for p in job.people)
        return about <= {person}

    def _foreseen(self) -> list[J]:
        """The waiting jobs in the order in which they will begin."""
        trial: Turns[J] = Turns(self._workers, self._clock)
        trial.waiting, trial.running, trial._round = self.waiting[:], self.running[:], self._round
        trial._next, trial._asked = dict(self._next), self._asked
        order: list[J] = []
        while trial.waiting:
            job = trial.next() if len(trial.running) < self._workers else None
            if job is not None:
                trial.begin(job)
                order.append(job)
            elif trial.running:
                trial.end(trial.running[0])
            else:
                return order + trial.waiting
        return order
