"""Fifty threads at once: whatever people do, jobs run once, none is lost and all end."""

import threading
import time
from collections import Counter

import numpy as np
import pytest

from advlab.errors import ResourceError
from advlab.serving.jobs import Job, Jobs, Status

SECONDS = 3.0


class Crowd:
    """People who submit, join, leave, stop and vanish at random, and the books on what became of it."""

    def __init__(self, jobs: Jobs, gone: set[str]) -> None:
        self.jobs, self.gone = jobs, gone
        self.begun: Counter[Job[int]] = Counter()
        self.together: Counter[str] = Counter()
        self.all: set[Job[int]] = set()
        self.problems: list[str] = []
        self.lock = threading.Lock()

    def work(self, job: Job[int]) -> int:
        with self.lock:
            self.begun[job] += 1
            self.together[job.key] += not job.stopped
        for _ in range(3):
            if job.stopping():
                break
            time.sleep(0.001)
        with self.lock:
            self.together[job.key] -= 1
        if job.key.endswith("7"):
            raise ValueError(job.key)
        return int(job.key)

    def person(self, name: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        mine: list[Job[int]] = []
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                self.step(name, rng, mine)
                if rng.random() < 0.02:
                    time.sleep(0.01)
        except Exception as error:  # noqa: BLE001 - told by the test
            self.problems.append(repr(error))

    def step(self, name: str, rng: np.random.Generator, mine: list[Job[int]]) -> None:
        match rng.choice(["submit", "leave", "stop", "look"], p=[0.6, 0.2, 0.05, 0.15]):
            case "submit":
                key = str(rng.integers(1000))
                try:
                    job = self.jobs.submit(key, name, self.work)
                except ResourceError:
                    time.sleep(0.002)
                    return
                assert job.key == key
                mine.append(job)
                with self.lock:
                    self.all.add(job)
            case "leave" if mine:
                mine.pop(int(rng.integers(len(mine)))).leave(name)
            case "stop" if mine:
                mine[int(rng.integers(len(mine)))].stop()
            case "look" if mine:
                assert self.jobs.ahead(mine[-1]) >= 0
                if rng.random() < 0.1:
                    self.gone ^= {name}


@pytest.mark.parametrize("workers", [1, 4])
def test_fifty_people_at_random(workers: int, caplog) -> None:
    caplog.set_level("CRITICAL")
    gone: set[str] = set()
    jobs = Jobs(workers, present=lambda person: person not in gone, most_bytes=2**16)
    crowd = Crowd(jobs, gone)
    threads = [threading.Thread(target=crowd.person, args=(f"p{i}", i)) for i in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert crowd.problems == []
    gone.clear()
    assert all(job.wait(30) for job in crowd.all)
    assert len(crowd.begun) > 100
    assert set(crowd.begun.values()) == {1}
    for job in crowd.all:
        match job.status:
            case Status.DONE:
                assert job.value == int(job.key)
            case Status.FAILED:
                assert job.key.endswith("7")
                assert job.problem
            case Status.DROPPED:
                assert job not in crowd.begun
                assert job.stopped
            case _:
                pytest.fail(f"{job.key} is {job.status}")
        assert (job in crowd.begun) == (job.status is not Status.DROPPED)
    assert jobs._turns.live == []
    assert jobs._live == {}
    assert jobs._kept.bytes <= 2**16
    jobs.close()
