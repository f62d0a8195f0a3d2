"""An ideal server, to compare with: how long the same people would wait if nothing were ever wasted."""

import heapq
from collections.abc import Sequence

from .people import Run


def waits(runs: Sequence[Run], work: dict[str, float], workers: int, speed: float = 1.0) -> list[float]:
    """Seconds from Run to the verdict on an ideal server, of those runs that were waited for to their end.

    It gets the same people with the same runs in the same order; everybody presses Run as long after their last
    verdict as they did in truth, and gives up after as long as they did. The workers, as many as the machine has
    cores, take runs in the order in which they come, never idle while one waits, and lose no time on switching or
    starting. A run takes `work[attack]`: the processor seconds that the real server uses on such a run when it is
    alone, with all that its page does. Equal runs are done once. So a wait is the total work before it, divided by
    the whole machine's throughput.

    `speed` is less than 1 where others used the machine at the same time: the share of it that was left.
    """
    left: dict[int, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.began):
        left.setdefault(run.person, []).append(run)
    presses = [(mine[0].began, person) for person, mine in left.items()]
    heapq.heapify(presses)
    free = [0.0] * workers
    done: dict[object, float] = {}
    result = []
    while presses:
        now, person = heapq.heappop(presses)
        run = left[person].pop(0)
        patience = float("inf") if run.stopped is None else run.stopped - run.began
        end = (
            max(now, done[run.wish]) if run.wish in done else _serve(free, now, patience, work[run.wish.attack] / speed)
        )
        if run.stopped is None:
            done.setdefault(run.wish, end)
            if run.ended is not None:
                result.append(end - now)
        gone = run.ended if run.stopped is None else run.stopped
        if left[person] and gone is not None:
            pause = max(0.0, left[person][0].began - gone)
            heapq.heappush(presses, (min(end, now + patience) + pause, person))
    return result


def _serve(free: list[float], now: float, patience: float, seconds: float) -> float:
    """Have the first free worker do it; when it has ended, or would have if nobody had given up."""
    begin = max(now, heapq.heappop(free))
    end = begin + seconds
    heapq.heappush(free, max(begin, min(end, now + patience)) if now + patience > begin else begin)
    return end
