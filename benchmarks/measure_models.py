"""Count the numbers of our networks' cards, and write them there.

    python benchmarks/measure_models.py signs_standard signs_pgd --data FOLDER --autoattack CLONE --keep KEPT --write

Whoever got the networks checks the numbers with `python -m advlab models --verify NAME --data FOLDER`, which counts
with the same functions. Stopped or killed, the same command goes on with what is in `--keep`.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import torch

from advlab import models
from advlab.data import sets
from advlab.evaluation.recount import Recounter
from advlab.evaluation.running import Running
from advlab.evaluation.testset import as_named
from advlab.models.cards.shipped import folder
from advlab.models.shipped import AutoAttack, Certified, Count, Pgd, Shipped

# Pictures of the test split: PGD on fewer where a gradient takes long.
PGD = {} if torch.cuda.is_available() else {"CIFAR-10": 500}
KINDS = ("clean", "pgd", "certified", "autoattack")


def wanted(shipped: Shipped, kind: str, of: int) -> Count | None:
    """What is to be counted, with nothing counted yet; None where it says nothing about this network."""
    match kind:
        case "clean":
            return Count(correct=0, of=of)
        case "pgd":
            return Pgd(correct=0, of=min(of, PGD.get(shipped.family, 1000)), steps=100, restarts=5)
        case "autoattack":
            return AutoAttack(correct=0, of=min(of, 500), version="official")
    smoothed = shipped.method == "noise"
    return (
        Certified(correct=0, of=min(of, 500), radius=0.25, sigma=0.25, draws=10_000, alpha=0.001) if smoothed else None
    )


def write(file: Path, kind: str, count: Count) -> None:
    """Into the card, which is read afresh: somebody else may have written to it meanwhile."""
    card = json.loads(file.read_text("utf-8"))
    card["results"][kind] = count.model_dump()
    new = file.with_suffix(".new")
    new.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(file)


def told(begin: float) -> Running:
    """Prints the fraction now and then."""
    last = [begin]

    def progress(fraction: float) -> None:
        if time.perf_counter() - last[0] > 60:
            last[0] = time.perf_counter()
            print(f"  {fraction:.0%} after {last[0] - begin:,.0f} s", flush=True)

    return Running(progress=progress)


def measure(name: str, options: argparse.Namespace) -> None:
    shipped = models.card(name).shipped
    assert shipped is not None, f"{name} is not a network of ours"
    split = as_named(sets.read(options.data, "test", shipped.input_size), shipped.labels)
    recounter = Recounter(
        models.load(name, options.device), split, shipped.norm, shipped.eps, options.autoattack, options.keep
    )
    for kind in options.only:
        count = wanted(shipped, kind, len(split))
        if count is None:
            continue
        begin = time.perf_counter()
        found = replace(recounter, running=told(begin)).again(count)
        if found is None:
            print(f"{name} {kind}: needs --autoattack")
            continue
        low, high = found.count.interval
        print(
            f"{name} {kind}: {found.count.share:.1%} ({low:.1%} to {high:.1%}), {found.count.correct} of "
            f"{found.count.of}, {found.rule}, {time.perf_counter() - begin:,.0f} s",
            *found.remarks,
            sep="\n  ",
            flush=True,
        )
        if options.write and found.complete:
            write(folder() / f"{name}.json", kind, found.count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--data", required=True)
    parser.add_argument("--autoattack", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--device")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for name in options.names:
        measure(name, options)


if __name__ == "__main__":
    main()
