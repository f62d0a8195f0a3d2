"""Jobs: done once, stopped when nobody wants them, failures in words, within limits."""

import threading

import numpy as np
import pytest
import torch

from advlab.errors import InputError, ResourceError
from advlab.serving.jobs import Job, Jobs, Status


def test_equal_work_is_done_once() -> None:
    jobs, calls, gate = Jobs(2), [], threading.Event()

    def work(job: Job[int]) -> int:
        calls.append(1)
        gate.wait(10)
        return 7

    first, second = jobs.submit("k", "ann", work), jobs.submit("k", "bob", work)
    assert first is second
    gate.set()
    assert first.wait(10)
    assert jobs.submit("k", "eve", work).value == 7
    assert len(calls) == 1


def test_a_job_stops_only_when_the_last_one_leaves() -> None:
    jobs, running = Jobs(), threading.Event()

    def work(job: Job[str]) -> str:
        running.set()
        while not job.stopping():
            running.wait(0.01)
        return "stopped"

    job = jobs.submit("k", "ann", work)
    jobs.submit("k", "bob", work)
    running.wait(10)
    job.leave("ann")
    assert not job.stopping()
    job.leave("bob")
    assert job.wait(10)
    assert job.value == "stopped"


def test_a_stopped_job_is_not_given_to_the_next_one() -> None:
    jobs = Jobs()
    job = jobs.submit("k", "ann", lambda job: job.stopping())
    job.leave("ann")
    again = jobs.submit("k", "ann", lambda job: job.stopping())
    assert again is not job
    assert again.wait(10)
    assert again.value is False


def test_a_mistake_is_its_sentence_and_the_worker_goes_on() -> None:
    jobs = Jobs()

    def wrong(job: Job[None]) -> None:
        raise InputError("This picture is upside down.")

    job = jobs.submit("a", "ann", wrong)
    assert job.wait(10)
    assert (job.status, job.problem) == (Status.FAILED, "This picture is upside down.")
    assert jobs.submit("b", "ann", lambda _: 1).wait(10)


def test_a_crash_is_numbered_logged_and_tried_again(caplog) -> None:
    jobs, calls = Jobs(), []

    def crash(job: Job[None]) -> None:
        calls.append(1)
        raise ZeroDivisionError

    job = jobs.submit("k", "ann", crash)
    assert job.wait(10)
    assert "Something went wrong on our side" in str(job.problem)
    assert "ZeroDivisionError" in caplog.text
    assert str(job.problem).rsplit(" ", 1)[1].rstrip(".") in caplog.text
    assert jobs.submit("k", "ann", crash).wait(10)
    assert len(calls) == 2


def test_people_in_the_queue_know_how_many_are_before_them() -> None:
    jobs, gate = Jobs(), threading.Event()
    running = [jobs.submit(str(i), "ann", lambda _: gate.wait(10)) for i in range(3)]
    assert [jobs.ahead(job) for job in running] == [0, 1, 2]
    gate.set()
    assert all(job.wait(10) for job in running)
    assert jobs.ahead(running[2]) == 0


def test_the_number_before_you_is_the_order_that_happens() -> None:
    jobs, gate, order = Jobs(), threading.Event(), []

    def work(job: Job[None]) -> None:
        order.append(job)
        gate.wait(10)

    asked = [jobs.submit(f"{person}{i}", person, work) for person, many in (("ann", 3), ("bob", 2), ("eve", 1))
             for i in range(many)]  # fmt: skip
    while not order:
        threading.Event().wait(0.01)
    ahead = {job: jobs.ahead(job) for job in asked}
    gate.set()
    assert all(job.wait(10) for job in asked)
    assert [ahead[job] for job in order] == list(range(6))
    assert [job.key for job in order] == ["ann0", "bob0", "eve0", "ann1", "bob1", "ann2"]


def test_one_person_may_wait_for_so_many_only() -> None:
    jobs, gate = Jobs(limit=2), threading.Event()
    mine = [jobs.submit(str(i), "ann", lambda _: gate.wait(10)) for i in range(2)]
    with pytest.raises(ResourceError, match="You have 2 runs under way already: wait until one has ended"):
        jobs.submit("2", "ann", lambda _: None)
    theirs = jobs.submit("2", "bob", lambda _: gate.wait(10))
    with pytest.raises(ResourceError):
        jobs.submit("2", "ann", lambda _: None)
    assert jobs.submit("1", "ann", lambda _: None) is mine[1]  # waited for already
    jobs.submit("1", "bob", lambda _: None)
    with pytest.raises(ResourceError):
        jobs.submit("3", "bob", lambda _: None)
    mine[0].leave("ann")
    mine[1].leave("ann")
    assert jobs.submit("2", "ann", lambda _: None) is theirs
    gate.set()
    assert theirs.wait(10)
    for number in range(3, 9):
        assert jobs.submit(str(number), "ann", lambda _: None).wait(10)


def test_a_job_that_nobody_wants_leaves_the_queue_at_once() -> None:
    jobs, gate, ran = Jobs(), threading.Event(), []
    first = jobs.submit("a", "ann", lambda _: gate.wait(10))
    second = jobs.submit("b", "bob", lambda _: ran.append(1))
    third = jobs.submit("c", "eve", lambda _: ran.append(2))
    assert jobs.ahead(third) == 2
    assert second.leave("bob")
    assert (second.live, second.status, second.value, second.problem) == (False, Status.DROPPED, None, None)
    assert jobs.ahead(third) == 1
    gate.set()
    assert third.wait(10)
    assert first.value
    assert ran == [2]


def test_who_waits_and_closes_the_page_is_taken_out_of_the_queue(monkeypatch) -> None:
    monkeypatch.setattr("advlab.serving.jobs._GRACE", 0.0)
    here = {"ann", "bob", "eve"}
    jobs, gate, ran = Jobs(present=here.__contains__), threading.Event(), []
    jobs.submit("a", "ann", lambda _: gate.wait(10))
    gone = jobs.submit("b", "bob", lambda _: ran.append(1))
    back = jobs.submit("c", "eve", lambda _: ran.append(2))
    here.discard("bob")
    while gone.live:
        jobs.ahead(back)
        threading.Event().wait(0.05)
    assert "page was closed" in str(gone.problem)
    gate.set()
    assert back.wait(10)
    assert ran == [2]


def test_nobody_is_taken_out_of_the_queue_during_a_reload() -> None:
    here: set[str] = set()
    jobs = Jobs(present=here.__contains__)
    job = jobs.submit("a", "ann", lambda _: 1)
    assert not job.wait(0.5)  # it does not begin for somebody who is away
    here.add("ann")
    assert job.wait(10)
    assert job.value == 1


NO_MEMORY = {
    "python": MemoryError(),
    "gpu": torch.OutOfMemoryError("CUDA"),
    "cpu": RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
}


@pytest.mark.parametrize("error", NO_MEMORY.values(), ids=NO_MEMORY)
def test_no_memory_is_said_as_such(error: Exception) -> None:
    jobs = Jobs()

    def large(job: Job[None]) -> None:
        raise error

    job = jobs.submit("k", "ann", large)
    assert job.wait(10)
    assert "not enough memory" in str(job.problem)


def test_results_are_bounded_by_their_bytes() -> None:
    jobs = Jobs(most_bytes=10 * 2**20)
    made = [jobs.submit(str(i), "ann", lambda _: np.zeros(2**20, np.uint8)) for i in range(3)]
    assert all(job.wait(10) for job in made)
    for i in range(3, 20):
        assert jobs.submit(str(i), "ann", lambda _: np.zeros(2**20, np.uint8)).wait(10)
        assert jobs.submit("0", "ann", lambda _: None) is made[0]  # used again and again, so it stays
        assert jobs._kept.bytes <= 10 * 2**20
    assert jobs.submit("1", "ann", lambda _: 1) is not made[1]
    assert made[1].value is not None  # who holds it has it


def test_a_stopped_result_is_not_kept() -> None:
    jobs = Jobs()

    def work(job: Job[str]) -> str:
        while not job.stopping():
            threading.Event().wait(0.01)
        return "half"

    job = jobs.submit("k", "ann", work)
    job.stop()
    assert job.wait(10)
    assert jobs.submit("k", "bob", lambda _: "whole").wait(10)
    assert jobs.submit("k", "eve", lambda _: "again").value == "whole"


def test_leaving_what_has_ended_changes_nothing() -> None:
    jobs = Jobs()
    job = jobs.submit("k", "ann", lambda _: 7)
    assert job.wait(10)
    assert job.leave("ann")
    assert jobs.submit("k", "bob", lambda _: 8) is job


def test_old_results_make_room() -> None:
    jobs = Jobs()
    for i in range(400):
        assert jobs.submit(str(i), "ann", lambda _: 0).wait(10)
    assert len(jobs._kept) <= 256


def test_a_job_ends_when_everybody_has_gone(monkeypatch) -> None:
    monkeypatch.setattr("advlab.serving.jobs._GRACE", 0.0)
    here = {"ann"}
    jobs = Jobs(present=here.__contains__)

    def work(job: Job[int]) -> int:
        pause = threading.Event()
        rounds = 0
        while not job.stopping():
            pause.wait(0.05)
            rounds += 1
            if rounds == 30:
                here.clear()
        return rounds

    job = jobs.submit("k", "ann", work)
    assert job.wait(30)
    assert job.value >= 30


def test_leaving_a_shared_job_says_that_it_goes_on() -> None:
    jobs, gate = Jobs(), threading.Event()
    job = jobs.submit("k", "ann", lambda _: gate.wait(10))
    jobs.submit("k", "bob", lambda _: None)
    assert not job.leave("ann")
    assert job.leave("bob")
    gate.set()


def test_closing_stops_everything() -> None:
    jobs, running = Jobs(), threading.Event()

    def work(job: Job[None]) -> None:
        running.set()
        while not job.stopping():
            running.wait(0.01)

    job = jobs.submit("k", "ann", work)
    running.wait(10)
    jobs.close()
    assert not job.live


def test_a_closed_queue_says_so() -> None:
    jobs = Jobs()
    jobs.close()
    with pytest.raises(ResourceError, match="being stopped"):
        jobs.submit("k", "ann", lambda _: None)
