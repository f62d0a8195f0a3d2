"""Thirty people on one server: nothing lost, nobody kept waiting, nothing that grows.

    python benchmarks/load.py --sessions 30 --minutes 10      what people do in a lesson, for ten minutes
    python benchmarks/load.py --one-link                      all open one link at once, against one alone
    python benchmarks/load.py --startup                       from `streamlit run` to a usable Home

Sessions are real ones, over the server's websocket (`crowd/visitor.py`); `--chromium 1` adds real tabs.

What is reported of the ten minutes:

- lost: a run that was neither stopped nor left and whose own verdict did not come within four minutes, and every
  verdict that was another's: the seed beside it, the clean picture (some people bring one that nobody else has), and
  for a number of runs the picture after the attack to the bit, computed again without the server.
- errors: exceptions and error boxes on a page, a broken connection or protocol, and errors in the server's log.
- waits: seconds from Run to the drawn verdict, against those on an ideal server (`crowd/ideal.py`), once with the whole
  machine and once with the share of it that other programs left during these minutes.
- memory: resident size at the end against the size after the warm-up, medians of half a minute each. The warm-up is
  over when everything that has a bound has reached it: the kept results, and the sessions of closed pages, which
  Streamlit keeps for two minutes after that.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from crowd import ideal, page
from crowd.people import Books, Person
from crowd.server import ROOT, Server
from crowd.visitor import Visitor

# What Home needs to be drawn. What is imported later, in the background, is not waited for.
_IMPORTS = "import streamlit.web.cli, streamlit.web.bootstrap, advlab.ui.frame, advlab.ui.home"


def quantile(values: list[float], share: float) -> float:
    """The value that so many do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


async def work_alone(server: Server) -> dict[str, float]:
    """Processor seconds of a run with its page, by attack, when nobody else is there; and everything gets warm."""
    visitor, seconds, seed = Visitor(server.address), {}, 900_000
    await visitor.open("/")
    await visitor.go(page.LAB)
    for attack in page.OPTIONS:
        taken = []
        for _ in range(4):
            seed += 1
            wish = page.Wish(attack, 4, seed, "coffee")
            await page.choose(visitor, wish)
            before = server.cpu()
            await visitor.press(page.RUN)
            await visitor.until(lambda: (s := page.shown(visitor)) is not None and page.belongs(s, wish), 120)  # noqa: B023
            await visitor.until(lambda: not visitor.timers, 60)  # what is found out about the result afterwards
            taken.append(server.cpu() - before)
        seconds[attack] = statistics.median(taken[1:])
    await visitor.close()
    return seconds


async def lesson(server: Server, args: argparse.Namespace) -> dict[str, object]:
    """Everybody at once, for some minutes."""
    work = await work_alone(server)
    books, memory = Books(), []
    begin, end = time.monotonic(), time.monotonic() + args.minutes * 60
    people = [Person(Visitor(server.address), n, args.seed, books) for n in range(args.sessions)]

    async def watch() -> None:
        while server.alive:
            memory.append((time.monotonic() - begin, server.memory()))
            await asyncio.sleep(2)

    watching = asyncio.create_task(watch())
    waits_in_chromium: list[float] = []
    used, idle = server.cpu(), server.idle()
    if args.chromium:
        from crowd.tabs import tabs

        *_, waits_in_chromium = await asyncio.gather(
            *(one.live(end) for one in people), tabs(server.address, args.chromium, end, books)
        )
    else:
        await asyncio.gather(*(one.live(end) for one in people))
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    seconds = time.monotonic() - begin
    books.errors += server.problems()
    last = server.cpu() if server.alive else used
    used, idle = (last - used) / seconds, (server.idle() - idle) / seconds
    return report(args, books, work, memory, seconds, available=used + idle) | {
        "server_cores_used": used,
        "chromium_waits": [round(wait, 2) for wait in waits_in_chromium],
    }


def report(
    args: argparse.Namespace,
    books: Books,
    work: dict[str, float],
    memory: list[tuple[float, float]],
    seconds: float,
    *,
    available: float,
) -> dict[str, object]:
    """The figures; `available` are the cores that others left, as many as the machine has where it was alone."""
    cores = os.cpu_count() or 1
    done = [run for run in books.runs if run.ended is not None]
    waits = [run.ended - run.began for run in done if run.ended is not None]
    least = ideal.waits(books.runs, work, cores)
    shared = ideal.waits(books.runs, work, cores, min(1.0, available / cores))
    after = [mb for at, mb in memory if args.warm <= at < args.warm + 30] or [memory[0][1]]
    last = [mb for at, mb in memory if at >= memory[-1][0] - 30]
    return {
        "sessions": args.sessions,
        "seconds": seconds,
        "runs": len(books.runs),
        "verdicts": len(done),
        "did": books.did,
        "lost": len(books.lost),
        "errors": len(books.errors),
        "lost_what": books.lost[:20],
        "errors_what": books.errors[:20],
        "work_alone": work,
        "wait_p50": quantile(waits, 0.5),
        "wait_p95": quantile(waits, 0.95),
        "ideal_p50": quantile(least, 0.5),
        "ideal_p95": quantile(least, 0.95),
        "ideal_shared_p50": quantile(shared, 0.5),
        "ideal_shared_p95": quantile(shared, 0.95),
        "cores_available": available,
        "cores_in_runs": sum({run.wish: work[run.wish.attack] for run in done}.values()) / seconds,
        "page_p50": quantile(books.pages, 0.5),
        "page_p95": quantile(books.pages, 0.95),
        "memory_after_warm_up": statistics.median(after),
        "memory_at_end": statistics.median(last),
        "memory_growth_percent": 100 * (statistics.median(last) / statistics.median(after) - 1),
        "memory": [(round(at), round(mb)) for at, mb in memory[::15]],
        "machine": {"cores": cores, "load": os.getloadavg()},
        "_runs": books.runs,
    }


async def together(server: Server, number: int, seed: int) -> float:
    """So many people open one link at once; seconds until the last of them has the verdict."""
    visitors = [Visitor(server.address) for _ in range(number)]
    begin = time.monotonic()
    await asyncio.gather(*(page.follow(visitor, seed) for visitor in visitors))
    seconds = time.monotonic() - begin
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    return seconds


async def one_link(server: Server, args: argparse.Namespace) -> dict[str, object]:
    """One alone and all together, in turn, each time with a seed that nobody has run."""
    await work_alone(server)
    alone, all_ = [], []
    for number in range(args.rounds):
        alone.append(await together(server, 1, 100_000 + number))
        all_.append(await together(server, args.sessions, 200_000 + number))
        await asyncio.sleep(1)
    ratio = statistics.median(all_) / statistics.median(alone)
    return {"alone": alone, "together": all_, "ratio": ratio, "errors_what": server.problems()}


async def usable(server: Server) -> float:
    """Seconds from the start of the server's process until Home is drawn."""
    visitor = Visitor(server.address)
    await visitor.open("/")
    seconds = time.monotonic() - server.began
    if not page.at_home(visitor):
        raise SystemExit(f"Home is not what was expected. {page.describe(visitor)}")
    await visitor.close()
    return seconds


def startup(rounds: int) -> dict[str, object]:
    """From `streamlit run` to Home, against a new process that only imports what Home needs."""
    whole, imports = [], []
    for _ in range(rounds):
        begin = time.monotonic()
        subprocess.run([sys.executable, "-c", _IMPORTS], cwd=ROOT, check=True, capture_output=True)  # noqa: S603
        imports.append(time.monotonic() - begin)
        with Server() as server:
            whole.append(asyncio.run(usable(server)))
    after = [a - b for a, b in zip(whole, imports, strict=True)]
    return {"to_home": whole, "imports": imports, "after_imports": statistics.median(after)}


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--warm", type=float, default=240, help="seconds of warm-up")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chromium", type=int, default=0, help="real tabs among the people")
    parser.add_argument("--again", type=int, default=20, help="runs that are computed again to compare")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one-link", action="store_true")
    parser.add_argument("--startup", action="store_true")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.startup:
        result = startup(args.rounds)
    else:
        with Server() as server:
            result = asyncio.run(one_link(server, args) if args.one_link else lesson(server, args))
    runs = result.pop("_runs", None)
    if isinstance(runs, list):
        from crowd.check import mistakes

        wrong = mistakes(runs, args.seed, args.again)
        result |= {"wrong": len(wrong), "wrong_what": wrong[:20]}
    text = json.dumps(result, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
