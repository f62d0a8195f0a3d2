"""Our AutoAttack against the official one: the same verdicts, and how long each takes.

    python benchmarks/autoattack.py mnist_pgd --data FOLDER
    python benchmarks/autoattack.py mnist_pgd --data FOLDER --speed CLONE --count 200

The first counts the network's test pictures again and compares each with the official verdict in
`benchmarks/verdicts/`; the second runs both on the same module, one after the other, `--rounds` times. Its seconds are
of the processor, since a shared machine gives one more of it than the other.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch

from advlab import attacks, models
from advlab.core.program import Program
from advlab.data import sets
from advlab.evaluation.cascade import Cascade, cascade
from advlab.evaluation.in_stages import InStages
from advlab.evaluation.official import Official
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet, as_named, choose

VERDICTS = Path(__file__).parent / "verdicts"


def program() -> Program:
    found = attacks.available()["autoattack"]()
    assert isinstance(found, Program)
    return found


def official(name: str, count: int) -> tuple[dict[str, object], dict[str, set[int]]]:
    """What the official run was about, and which of the first `count` pictures each stage took."""
    about, *entries = map(json.loads, (VERDICTS / f"{name}.autoattack.jsonl").read_text("utf-8").splitlines())
    taken: dict[str, set[int]] = {}
    for entry in entries:
        taken.setdefault(entry["stage"], set()).update(row for row in entry["broken"] if row < count)
    return about, taken


def agreement(name: str, data: TestSet, keep: Path | None, device: str | None) -> None:
    about, taken = official(name, len(data))
    stages = InStages(program(), models.load(name, device), norm=str(about["norm"]), eps=float(str(about["eps"])))
    ours = cascade(stages, data, Running(journal=keep and keep / f"{name}.ours.jsonl", progress=tell(name)))
    theirs = set(range(len(data))) - set().union(*taken.values())
    own = set(list(ours.survivors.values())[-1])
    both = len(data) - len(own ^ theirs)
    left, rows = len(data), []
    for stage, gone in taken.items():
        left -= len(gone)
        rows.append((stage, left))
    print(f"\n| {name}, {data.rule} | official | AdvLab |\n| --- | ---: | ---: |")
    for (stage, theirs_left), (_, survivors) in zip(rows, ours.survivors.items(), strict=True):
        print(f"| {stage} | {theirs_left} | {len(survivors)} |")
    print(f"\nSame verdict on {both} of {len(data)}; only AdvLab breaks {sorted(theirs - own)}, ", end="")
    print(f"only the official one breaks {sorted(own - theirs)}. {' '.join(ours.warnings)}")


def speed(name: str, data: TestSet, clone: Path, device: str | None, rounds: int) -> None:
    about, _ = official(name, 0)
    classifier, norm, eps = models.load(name, device), str(about["norm"]), float(str(about["eps"]))
    ours, theirs = InStages(program(), classifier, norm=norm, eps=eps), Official(clone, classifier, norm=norm, eps=eps)
    ratios = []
    for number in range(rounds):
        (first, own_robust), (second, robust) = timed(ours, data, None), timed(theirs, data, len(data))
        ratios.append(first / second)
        print(
            f"round {number + 1}: AdvLab {first:.0f} s, {own_robust} robust; official {second:.0f} s, {robust} robust",
            flush=True,
        )
    print(f"{name}, {data.rule}: AdvLab takes {statistics.median(ratios):.2f} × the official time")


def timed(stages: InStages | Official, data: TestSet, batch: int | None) -> tuple[float, int]:
    begin = time.process_time()
    found: Cascade = cascade(stages, data, Running(batch=batch))
    return time.process_time() - begin, len(list(found.survivors.values())[-1])


def tell(name: str):
    begin = time.perf_counter()
    return lambda share: print(f"{name} {share:.1%} {time.perf_counter() - begin:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--speed", type=Path, help="a clone of the official AutoAttack")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--device")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    for name in options.names:
        card = models.card(name)
        data = choose(as_named(sets.read(options.data, "test", card.input_size), card.labels()), options.count)
        if options.speed:
            speed(name, data, options.speed, options.device, options.rounds)
        else:
            agreement(name, data, options.keep, options.device)


if __name__ == "__main__":
    main()
