"""How long a query of a black-box attack takes, here and in the peers, and how much of that is outside of the network.

    python benchmarks/blackbox_speed.py --data ../shared/data --official CLONE
    python benchmarks/blackbox_speed.py --data ../shared/data --quick --attack Square

HopSkipJump, Boundary and Square on the same pictures, each peer on the plain module and on our frozen, channels-last
one. Peers decide for themselves how many queries they take, so what is compared is the time of a thousand queries of
the whole batch; ours may ask as often as the thriftiest peer did on average. Rows are interleaved, ratios are medians
of those within a round, and times are of the processor.
"""

import argparse
import functools
import logging
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from agreement import decision_based, judge, libraries, score_based, subjects
from agreement.libraries import Attack
from agreement.subjects import Subject
from attack_speed import keep_memory, plain_module, ratio
from torch import Tensor, nn

OURS = "**AdvLab**"
_PLAIN = "plain module"


class Inside:
    """Counts the pictures that go through a network, and the processor's seconds that they take there."""

    def __init__(self, network: nn.Module) -> None:
        self.images, self.seconds = 0, 0.0
        # Of the class, since ours runs on a copy, which it asks by `search` as long as it looks for something.
        self._kind = type(network)
        self._ways = {name: getattr(self._kind, name) for name in ("forward", "search") if hasattr(network, name)}
        for name, way in self._ways.items():
            setattr(self._kind, name, self._timed(way))

    def _timed(self, way: Callable[[nn.Module, Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
        def timed(network: nn.Module, x: Tensor) -> Tensor:
            begin = time.process_time()
            value = way(network, x)
            self.seconds += time.process_time() - begin
            self.images += len(x)
            return value

        return timed

    def end(self) -> None:
        for name, way in self._ways.items():
            setattr(self._kind, name, way)


@dataclass
class Row:
    """One library on one module."""

    call: Callable[[Subject], Tensor]
    module: nn.Module
    each: list[float] = field(default_factory=list)  # seconds of a thousand queries of every picture
    outside: list[float] = field(default_factory=list)  # the share of them outside of the network
    queries: float = 0.0
    found: Tensor | None = None


def run(row: Row, s: Subject, *, own: bool) -> None:
    """Once."""
    keep_memory(own)
    # Peers ask a module's parameters for the device, and ours are frozen away.
    asked = row.module if own else libraries.Counted(row.module).eval()
    inside = Inside(row.module)
    begin = time.process_time()
    row.found = row.call(replace(s, classifier=asked)).detach()
    took = time.process_time() - begin
    inside.end()
    row.queries = inside.images / len(s.x)
    row.each.append(1000 * took / row.queries)
    row.outside.append(1 - inside.seconds / took)


def attacks(s: Subject, queries: int) -> list[Attack]:
    """The three."""
    by_label = {attack.ours: attack for attack in reversed(decision_based.attacks(s, queries))}
    # A radius in which next to nothing falls: as many queries for every picture.
    narrow = replace(s, radii={norm: eps / 100 for norm, eps in s.radii.items()})
    return [by_label["hopskipjump"], by_label["boundary"], score_based.square(narrow, "linf", queries)]


def rows(s: Subject, plain: nn.Module, attack: Attack) -> dict[str, Row]:
    """The peers' first: what they ask decides what ours may."""
    table = {}
    for library, peer in attack.peers.items():
        if peer.share < 1:
            continue  # too slow to be the fastest
        for where, module in ((_PLAIN, plain), ("our module", s.classifier)):
            table[f"{library}, {where}"] = Row(peer.run, module)
    return table


def report(s: Subject, plain: nn.Module, attack: Attack, rounds: int) -> None:
    """A line for each row."""
    table = rows(s, plain, attack)
    for name, row in list(table.items()):
        try:
            run(row, s, own=False)
        except ImportError as error:
            print(f"{name}: {error}")
            del table[name]
    fewest = int(min(row.queries for row in table.values()))
    table[OURS] = Row(functools.partial(_ours, replace(attack, same_queries=True), fewest), s.classifier)
    run(table[OURS], s, own=True)
    for row in table.values():
        row.each.clear()
        row.outside.clear()
    for turn in range(rounds):
        names = list(table)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            run(table[name], s, own=name == OURS)
    plain_rows = (row for name, row in table.items() if name.endswith(_PLAIN))
    fastest = min(plain_rows, key=lambda row: statistics.median(row.each))
    for name, row in table.items():
        score = judge.judged(s, attack, row.found)
        cells = [
            attack.title, name, f"{row.queries:.0f}", f"{statistics.median(row.each):.2f}",
            f"{ratio(row.each, fastest.each):.2f}", f"{statistics.median(row.outside):.1%}",
            judge.shown(attack, score.median) if attack.eps is None else f"{score.success:.0%}",
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)


def _ours(attack: Attack, most: int, s: Subject) -> Tensor:
    return libraries.ours(attack, s, most)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="has folders mnist and cifar10")
    parser.add_argument("--network", choices=subjects.NETWORKS, nargs="+", default=["mnist_standard"])
    parser.add_argument("--attack", nargs="+", default=[], help="only attacks with one of these in their title")
    parser.add_argument("--count", type=int, default=16, help="pictures, at most 32")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--official", type=Path, help="a clone of AutoAttack")
    parser.add_argument("--quick", action="store_true", help="few queries and rounds")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    libraries.CLONES.update(autoattack=given.official)
    rounds, queries = (1, 200) if given.quick else (given.rounds, given.queries)
    for network in given.network:
        s = subjects.subject(network, given.data, min(given.count, 32), "cpu", work=None, quick=False)
        plain = plain_module(network)
        print(f"\n### {network}, {len(s.x)} pictures, {rounds} rounds, {torch.get_num_threads()} threads\n")
        head = ("attack", "", "queries", "seconds for 1,000", "× fastest peer, plain module", "outside the network")
        print(f"| {' | '.join(head)} | median, or fell |")
        print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
        for attack in attacks(s, queries):
            if not given.attack or any(word.lower() in attack.title.lower() for word in given.attack):
                report(s, plain, attack, rounds)


if __name__ == "__main__":
    main()
