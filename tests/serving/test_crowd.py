"""The people of benchmarks/load.py still know the way around the page, and their judge tells wrong from right."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from benchmarks.crowd import check, ideal, page
from benchmarks.crowd.people import Books, Person, Run
from benchmarks.crowd.server import Server
from benchmarks.crowd.visitor import GoneError, Visitor

WORK = {"pgd": 2.0, "fgsm": 1.0}


def run(person: int, began: float, ended: float | None = None, stopped: float | None = None, **wish: object) -> Run:
    wanted = page.Wish(**{"attack": "pgd", "eps": 1, "seed": 100 * person, "picture": "cat", **wish})
    return Run(person, wanted, began, ended, stopped)


def test_an_ideal_server_takes_runs_as_they_come() -> None:
    runs = [run(0, 0, 9), run(1, 0, 9), run(2, 0, 9)]
    assert ideal.waits(runs, WORK, 1) == [2, 4, 6]
    assert ideal.waits(runs, WORK, 2) == [2, 2, 4]
    assert ideal.waits(runs, WORK, 2, speed=0.5) == [4, 4, 8]


def test_who_thought_for_five_seconds_does_so_on_an_ideal_server_too() -> None:
    runs = [run(0, 0, 30), run(0, 35, 60, seed=1), run(1, 7, 60)]
    # The second run of person 0 begins at 2 + 5 and not at 35, at the same time as that of person 1.
    assert sorted(ideal.waits(runs, WORK, 1)) == [2, 2, 4]


def test_equal_runs_are_work_once_and_what_is_given_up_ends() -> None:
    shared = [run(0, 0, 9, seed=5), run(1, 0, 9, seed=5), run(2, 3, 9, seed=5)]
    assert ideal.waits(shared, WORK, 1) == [2, 2, 0]
    assert ideal.waits([run(0, 0, stopped=0.5), run(1, 0, 9)], WORK, 1) == [2.5]
    assert ideal.waits([run(0, 0, 9), run(1, 0, stopped=0.5), run(2, 0, 9)], WORK, 1) == [2, 4]


@pytest.mark.slow
def test_two_people_in_the_lab() -> None:
    with Server() as server:
        # In a thread of its own: the tests in Chromium leave a running event loop behind in this one.
        with ThreadPoolExecutor(1) as thread:
            books = thread.submit(asyncio.run, _two(server)).result()
        assert server.problems() == []
    assert (books.lost, books.errors) == ([], [])
    finished = [one for one in books.runs if one.ended is not None]
    assert len(finished) >= 4
    assert check.mistakes(finished, seed=0, again=2) == []
    mixed = [replace(one, shown=finished[0].shown) for one in finished if one.wish.picture != "coffee"]
    assert len(check.mistakes(mixed, seed=0, again=0)) == len(mixed) > 0


async def _two(server: Server) -> Books:
    books = Books()
    one, two = (Person(Visitor(server.address), number, 0, books) for number in range(2))
    home = Visitor(server.address)
    await home.open("/")
    assert page.at_home(home)
    await home.close()
    seen = await asyncio.gather(page.follow(one.visitor, 3), page.follow(two.visitor, 3))
    assert seen[0].adversarial == seen[1].adversarial != ""
    for attack in ("fgsm", "square"):
        await _one_run(one, page.Wish(attack, 2, one.seeds, "coffee"))
        one.seeds += 1
    await one.visitor.upload(page.UPLOAD, "photo.png", one.mine)
    await _one_run(one, page.Wish("fgsm", 4, 77, "upload 0"))
    await page.take(two.visitor, "cat")
    await _one_run(two, page.Wish("fgsm", 4, 78, "cat"))
    await two.visitor.go(page.HOME)
    assert page.at_home(two.visitor)
    await two.visitor.go(page.LAB)
    assert page.shown(two.visitor) is not None
    with pytest.raises(GoneError, match="no widget “nonsense”"):
        two.visitor.widget("nonsense")
    for person in (one, two):
        books.errors += person.visitor.complaints
        await person.visitor.close()
    return books


async def _one_run(person: Person, wish: page.Wish) -> None:
    await page.choose(person.visitor, wish)
    begun = Run(person.number, wish, 0.0)
    person.books.runs.append(begun)
    await person.visitor.press(page.RUN)
    await person._result(begun)
