"""Fair turns: what is foretold is what happens, and nobody's heap of jobs delays another's first."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from advlab.serving.turns import Turns


@dataclass(eq=False)
class Task:
    name: str
    people: set[str] = field(default_factory=set)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def ask(turns: Turns[Task], person: str, count: int = 1) -> list[Task]:
    tasks = [Task(f"{person}{i}") for i in range(count)]
    for task in tasks:
        turns.add(task, person)
    return tasks


def begin(turns: Turns[Task]) -> Task:
    task = turns.next()
    assert task is not None
    turns.begin(task)
    return task


def one_by_one(turns: Turns[Task]) -> list[str]:
    """The order on one worker."""
    names = []
    while turns.waiting:
        task = begin(turns)
        turns.end(task)
        names.append(task.name)
    return names


def test_people_take_turns() -> None:
    turns = Turns[Task](1)
    ask(turns, "a", 3), ask(turns, "b", 2), ask(turns, "c", 1)
    assert one_by_one(turns) == ["a0", "b0", "c0", "a1", "b1", "a2"]


def test_ten_jobs_of_one_delay_the_first_of_another_by_the_one_that_runs() -> None:
    turns = Turns[Task](1)
    ask(turns, "a", 10)
    running = begin(turns)
    (late,) = ask(turns, "b")
    assert turns.ahead(late) == 1
    turns.end(running)
    assert begin(turns) is late


def test_one_job_after_another_gives_no_advantage_over_two_at_once() -> None:
    """Somebody who asks again when the first has ended does not count as new."""
    turns = Turns[Task](1)
    ask(turns, "a"), ask(turns, "b", 2)
    turns.end(begin(turns)), turns.end(begin(turns))
    ask(turns, "a")
    assert one_by_one(turns) == ["b1", "a0"]


def test_newcomers_do_not_keep_a_waiting_person_out() -> None:
    turns = Turns[Task](1)
    (waiting,) = ask(turns, "a")
    for number in range(5):
        ask(turns, f"new{number}")
        assert turns.ahead(waiting) == 0
    assert begin(turns) is waiting


def test_a_shared_job_goes_by_the_earliest_of_its_people_and_is_a_turn_of_each() -> None:
    turns = Turns[Task](1)
    tasks = ask(turns, "a", 3)
    ask(turns, "b", 2)
    turns.join(tasks[2], "c")
    assert turns.of("c") == 1
    assert turns.of("a") == 3
    # c's turn comes in the first round and brings a2 forward; a then waits for the next.
    assert one_by_one(turns) == ["a0", "a2", "b0", "b1", "a1"]


def test_one_person_leaves_a_worker_to_the_others() -> None:
    turns = Turns[Task](2)
    ask(turns, "a", 3), ask(turns, "b")
    assert begin(turns).name == "a0"
    assert begin(turns).name == "b0"
    turns.end(turns.running[1])
    # b was here a moment ago and may ask again: a's second run of half an hour would keep them waiting.
    assert turns.next() is None
    (again,) = ask(turns, "b")
    assert turns.next() is again


def test_alone_one_may_have_all_the_workers() -> None:
    clock = Clock()
    turns = Turns[Task](3, clock)
    ask(turns, "a", 3), ask(turns, "b")
    assert [begin(turns).name for _ in range(3)] == ["a0", "b0", "a1"]
    turns.end(turns.running[1])
    assert turns.next() is None
    clock.now = 61
    assert begin(turns).name == "a2"


def test_one_worker_is_for_everybody() -> None:
    turns = Turns[Task](1)
    ask(turns, "a", 2), ask(turns, "b")
    assert one_by_one(turns) == ["a0", "b0", "a1"]


def test_nobody_is_remembered_for_good() -> None:
    clock = Clock()
    turns = Turns[Task](1, clock)
    for number in range(1000):
        clock.now += 1
        ask(turns, str(number))
        turns.end(begin(turns))
    assert len(turns._next) < 5
    assert len(turns._asked) <= 61


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("seed", range(20))
def test_what_is_foretold_happens(workers: int, seed: int) -> None:
    """Random people, shared jobs and leavers; runs end in the order in which they began."""
    rng = np.random.default_rng(seed)
    turns = Turns[Task](workers)
    people, tasks = list("abcdef"), []
    for number in range(25):
        task = Task(str(number))
        turns.add(task, str(rng.choice(people)))
        tasks.append(task)
        for other in rng.choice(people, 2):
            if rng.random() < 0.2:
                turns.join(task, str(other))
        if rng.random() < 0.1:
            turns.drop(turns.waiting[0])
        if rng.random() < 0.4 and turns.next() is not None and len(turns.running) < workers:
            begin(turns)
    foretold = {task.name: turns.ahead(task) for task in turns.waiting}
    before = [task.name for task in turns.running]
    began = []
    while turns.waiting:
        if len(turns.running) < workers and turns.next() is not None:
            began.append(begin(turns).name)
        else:
            turns.end(turns.running[0])
    assert foretold == {name: len(before) + index for index, name in enumerate(began)}


def test_no_person_gets_two_turns_while_another_waits_for_one() -> None:
    rng = np.random.default_rng(0)
    turns = Turns[Task](1)
    for number in range(60):
        person = str(rng.choice(list("aaaaabc")))
        turns.add(Task(f"{person}{number}"), person)
    last: dict[str, int] = {}
    names = one_by_one(turns)
    left = {p: [i for i, name in enumerate(names) if name[0] == p] for p in "abc"}
    for index, name in enumerate(names):
        person = name[0]
        if person in last:
            for other in "abc".replace(person, ""):
                waiting = any(i > last[person] for i in left[other])
                assert not waiting or any(last[person] < i <= index + 1 for i in left[other])
        last[person] = index
