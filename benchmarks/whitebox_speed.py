"""How much more than the passes through the network a white-box attack costs, and how much less than a peer's.

    python benchmarks/whitebox_speed.py --data ../shared/data --official CLONE --adv-lib CLONE
    python benchmarks/whitebox_speed.py --data ../shared/data --quick --attack FMN

Of each attack, at the same steps and on the same pictures: the bare loop of the forward and backward passes that ours
took; ours with nothing dropped; ours as it is, which drops finished pictures where an attack knows that they are; of
searches for the smallest change also ours that drops whom it found within a radius, as AutoAttack does; and each peer,
which knows no such thing, on the plain module and on our frozen, channels-last one. Rows are interleaved, and a ratio
is the median of the ratios within a round. Times are of the processor, since a shared machine gives one row more of it
than the next.

Then whether twice the steps and twice the pictures cost more than twice as much.
"""

import argparse
import functools
import logging
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from agreement import libraries, minimal, radius, subjects
from agreement.libraries import Attack
from agreement.subjects import Subject
from attack_speed import keep_memory, plain_module, ratio

import advlab
from advlab.core.result import AttackResult

# As much more than twice as still counts as linear: fixed costs make it less, noise more.
LINEAR = 2.2
# So many of the radii at which neither all nor nothing falls: most pictures do.
_WIDE = 3
LOOP, WHOLE, OURS = "bare loop, our module", "**AdvLab**, nothing dropped", "**AdvLab**"
INSIDE = "**AdvLab**, within a radius"
OWN = {LOOP, WHOLE, OURS, INSIDE}


@dataclass(frozen=True)
class Case:
    """An attack, how ours is kept from dropping anything, and how many backward passes share a forward pass."""

    attack: Attack
    whole: dict[str, Any]
    together: int = 1
    doubles: bool = True  # whether twice as many steps are taken when they are allowed


def cases(s: Subject, *, quick: bool) -> list[Case]:
    """Those that AdvLab and at least one peer have, in a radius in which most pictures fall."""
    steps = 10 if quick else 40
    return [
        Case(radius.apgd("linf", _WIDE * s.radii["linf"], steps, "cross_entropy"), {"early_stop": False}),
        Case(minimal.ddn(steps), {}),
        Case(minimal.fmn("linf", steps), {}),
        Case(minimal.fmn("l2", steps), {}),
        Case(minimal.fab_t("linf", steps // 2), {}),
        Case(minimal.deepfool_l2(few=True), {}, together=9, doubles=False),
        Case(minimal.cw_l2(steps // 2), {"abort_early": False}),
    ]


def run(s: Subject, attack: Attack, **more: Any) -> AttackResult:
    given = {"eps": attack.eps, **attack.parameters, **more}
    return advlab.attack(s.classifier, s.x, attack.ours, norm=attack.norm, labels=s.labels, **given)


def bare(s: Subject, took: AttackResult, together: int) -> None:
    """The passes that a run took, and nothing else: of each picture as many as it needed."""
    backward = took.gradients // together
    forward = took.queries - backward + took.verifications
    for number in range(int(backward.max())):
        x = s.x[backward > number].requires_grad_()
        value = s.classifier(x)
        for part in range(together):
            torch.autograd.grad(value[:, part].sum(), x, retain_graph=part + 1 < together)
    with torch.no_grad():
        for number in range(int(forward.max())):
            s.classifier(s.x[forward > number]).argmax(1)


def rows(s: Subject, plain: torch.nn.Module, case: Case) -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    took = run(s, case.attack, **case.whole)
    table: dict[str, Callable[[], object]] = {
        LOOP: lambda: bare(s, took, case.together),
        WHOLE: lambda: run(s, case.attack, **case.whole),
        OURS: lambda: run(s, case.attack),
    }
    if case.attack.eps is None:
        wide = _WIDE * s.radii[case.attack.norm]
        table[INSIDE] = lambda: run(s, case.attack, eps=wide, inside_is_enough=True)
    for library, peer in case.attack.peers.items():
        if peer.share < 1:
            continue  # too slow to be the fastest
        for where, module in (("plain module", plain), ("our module", s.classifier)):
            theirs = replace(s, classifier=module)
            table[f"{library}, {where}"] = functools.partial(peer.run, theirs)
    return table


def timed(name: str, call: Callable[[], object]) -> float:
    keep_memory(name in OWN)
    begin = time.process_time()
    call()
    return time.process_time() - begin


def measured(table: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of every row that runs, one after the other, in an order that turns; the first round warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in table}
    for turn in range(rounds + 1):
        names = list(seconds)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            try:
                seconds[name].append(timed(name, table[name]))
            except ImportError as error:
                print(f"{name}: {error}")
                del seconds[name]
    return {name: times[1:] for name, times in seconds.items()}


def report(s: Subject, plain: torch.nn.Module, case: Case, rounds: int) -> None:
    seconds = measured(rows(s, plain, case), rounds)
    peers = [name for name in seconds if name not in OWN]
    fastest = min(peers, key=lambda name: statistics.median(seconds[name]), default=LOOP)
    title = case.attack.title
    for name, times in seconds.items():
        to_loop, to_peer = ratio(times, seconds[LOOP]), ratio(times, seconds[fastest])
        said = ""
        if name == WHOLE:
            said = "ok" if to_loop <= 1.05 else f"{to_loop - 1:.0%} above the loop, 5% wanted"
        if name == (INSIDE if INSIDE in seconds else OURS) and peers:
            said = "ok" if to_peer <= 0.5 else f"{to_peer:.2f} × {fastest}, 0.5 wanted"
        median = statistics.median(times)
        print(f"| {title} | {name} | {median:.2f} | {to_loop:.2f} | {to_peer:.2f} | {said} |", flush=True)


def linear(s: Subject, case: Case, rounds: int) -> None:
    """Twice the steps, and twice the pictures, against once."""
    half = s.first(len(s.x) // 2)
    steps = int(case.attack.parameters.get("steps", 50))
    table: dict[str, Callable[[], object]] = {
        "once": lambda: run(half, case.attack, **case.whole),
        "pictures": lambda: run(s, case.attack, **case.whole),
    }
    if case.doubles:
        table["steps"] = lambda: run(half, case.attack, **{**case.whole, "steps": 2 * steps})
    seconds = measured(table, rounds)
    cells = []
    for name in ("steps", "pictures"):
        times = ratio(seconds[name], seconds["once"]) if name in seconds else None
        cells.append("ends by itself" if times is None else f"{times:.2f}{'' if times <= LINEAR else ' **more**'}")
    print(f"| {case.attack.title} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="has folders mnist and cifar10")
    parser.add_argument("--network", choices=subjects.NETWORKS, default="mnist_standard")
    parser.add_argument("--attack", nargs="+", default=[], help="only attacks with one of these in their title")
    parser.add_argument("--count", type=int, default=16, help="pictures, at most 32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--official", type=Path, help="a clone of AutoAttack")
    parser.add_argument("--adv-lib", type=Path, help="a clone of adv-lib")
    parser.add_argument("--quick", action="store_true", help="few steps and rounds")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    libraries.CLONES.update(autoattack=given.official, adv_lib=given.adv_lib)
    count, rounds = (4, 1) if given.quick else (min(given.count, 32), given.rounds)
    s = subjects.subject(given.network, given.data, count, "cpu", work=None, quick=given.quick)
    plain = plain_module(given.network)
    chosen = [
        case
        for case in cases(s, quick=given.quick)
        if not given.attack or any(word.lower() in case.attack.title.lower() for word in given.attack)
    ]
    print(f"\n### {given.network}, {len(s.x)} pictures, {rounds} rounds, {torch.get_num_threads()} threads\n")
    print("| attack | | seconds | × bare loop | × fastest peer | |\n| --- | --- | ---: | ---: | ---: | --- |")
    for case in chosen:
        report(s, plain, case, rounds)
    print(f"\nFrom {len(s.x) // 2} pictures, nothing dropped; at most {LINEAR} is linear:\n")
    print("| attack | twice the steps | twice the pictures |\n| --- | ---: | ---: |")
    for case in chosen:
        linear(s, case, rounds)


if __name__ == "__main__":
    main()
