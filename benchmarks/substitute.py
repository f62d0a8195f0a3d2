"""Substitutes of networks that can only be asked: how far they agree, and what attacks on them do to the victim.

    python benchmarks/substitute.py --data ../shared/data
    python benchmarks/substitute.py --data ../shared/data --victim mnist_standard --quick

Seeds are test pictures, agreement and attacks are counted on others. Attacks on the substitute never see the victim
and never stop early; the class to leave is the victim's own answer. The ceiling is the same attack on the victim
itself at the same radius. Shares are in %, with 95% intervals.
"""

import argparse
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

import advlab
from advlab.core.classifier import Classifier
from advlab.data import sets
from advlab.evaluation.testset import as_named
from advlab.models.shipped import Count
from advlab.programs import Substitute, Substitution, train_substitute
from advlab.programs.transfer import transfer

warnings.filterwarnings("ignore")

# Radii: the paper's for digits; for colour pictures one that is seen, and the card's.
VICTIMS = {
    "mnist_standard": ("mnist", (0.25, 0.3)),
    "cifar10_standard": ("cifar10", (16 / 255, 8 / 255)),
    "signs_standard": ("gtsrb", (16 / 255, 8 / 255)),
}


@dataclass
class Pictures:
    """Test pictures: to begin with, to measure agreement on, and to attack."""

    seeds: Tensor
    held_out: Tensor


def pictures(victim: Classifier, folder: Path, seeds: int, held_out: int, seed: int) -> Pictures:
    data = as_named(sets.read(folder, "test", victim.input_size), victim.labels)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    return Pictures(data.floats(order[:seeds]), data.floats(order[seeds : seeds + held_out]))


def share(count: Count | None) -> str:
    if count is None:
        return "–"
    low, high = count.interval
    return f"{100 * count.share:.1f} [{100 * low:.0f}, {100 * high:.0f}]"


def rounds(found: Substitute, seconds: float) -> None:
    print("| round | questions | pictures | agreement |\n|---|---|---|---|")
    for one in found.rounds:
        print(f"| {one.number} | {one.queries:,} | {one.images:,} | {share(one.agreement)} |")
    print(f"\n{seconds:.0f} s of the processor, agreement included.\n")


def transfers(victim: Classifier, found: Substitute, x: Tensor, radii: tuple[float, ...]) -> None:
    print("| attack | ε | the substitute itself | the victim, by transfer | the victim, white-box | part |")
    print("|---|---|---|---|---|---|")
    for eps in radii:
        for name in ("fgsm", "mi_fgsm", "pgd"):
            one = transfer(victim, found.classifier, x, name, eps)
            part = one.on_victim.share / max(one.ceiling.share, 1e-9)
            cells = " | ".join(map(share, (one.on_itself, one.on_victim, one.ceiling)))
            print(f"| {name} | {255 * eps:.3g}/255 | {cells} | {part:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds mnist/, cifar10/ and gtsrb/")
    parser.add_argument("--victim", nargs="+", default=list(VICTIMS))
    parser.add_argument("--seeds", type=int, default=150)
    parser.add_argument("--held-out", type=int, default=1000)
    parser.add_argument("--attacked", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--most-queries", type=int, default=6400)
    parser.add_argument("--set", nargs="*", default=[], help="other choices: shift=0 answers=scores")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="three rounds, few pictures, one radius")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.held_out, given.attacked = 3, 200, 20
    torch.set_num_threads(1)
    own = dict(one.split("=") for one in given.set)
    how = Substitution.checked(rounds=given.rounds, most_queries=given.most_queries, seed=given.seed, **own)
    for name in given.victim:
        folder, radii = VICTIMS[name]
        victim = advlab.load(name, "cpu")
        p = pictures(victim, given.data / folder, given.seeds, given.held_out, given.seed)
        print(f"\n### {name}: {len(p.seeds)} seeds, agreement on {len(p.held_out):,} other test pictures\n", flush=True)
        begin = time.process_time()
        found = train_substitute(victim, p.seeds, how, held_out=p.held_out)
        rounds(found, time.process_time() - begin)
        transfers(victim, found, p.held_out[: given.attacked], radii[:1] if given.quick else radii)


if __name__ == "__main__":
    main()
