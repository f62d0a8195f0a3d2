"""Jobs: done once, stopped when nobody wants them, failures in words."""

import threading

from advlab.errors import InputError
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


def test_old_results_make_room() -> None:
    jobs = Jobs()
    for i in range(400):
        assert jobs.submit(str(i), "ann", lambda _: 0).wait(10)
    assert len(jobs._jobs) <= 257


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
