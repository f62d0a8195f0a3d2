"""Whether our black-box attacks rank as published: sizes after some queries, and shares that fell within a radius.

    python benchmarks/rankings.py --data ../shared/data
    python benchmarks/rankings.py --data ../shared/data --seeds 0 1 2 --label-only boundary hopskipjump surfree

Those that see labels only are run once to the largest number of queries; the table has the median of what each had
found after the smaller numbers, with pictures that it had no start for as infinite. Those that see scores have the
radius of `agreement/subjects.py`, twice.
"""

import argparse
from pathlib import Path

import torch
from agreement import judge, subjects
from agreement.libraries import Attack
from torch import Tensor

import advlab


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="has folders mnist and cifar10")
    parser.add_argument("--network", choices=subjects.NETWORKS, default="mnist_standard")
    parser.add_argument("--count", type=int, default=16, help="pictures")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--norm", choices=["l2", "linf"], default="l2", help="of those that see labels only")
    parser.add_argument("--label-only", nargs="*", default=["boundary", "hopskipjump"])
    parser.add_argument("--scores", nargs="*", default=["square", "nes"])
    parser.add_argument("--queries", type=int, nargs="+", default=[1000, 5000, 10_000])
    given = parser.parse_args()
    torch.set_num_threads(1)
    s = subjects.subject(given.network, given.data, given.count, "cpu", work=None, quick=False)
    print(f"\n### {given.network}, {len(s.x)} pictures\n")
    print(f"| attack | seed | {' | '.join(f'after {most:,}' for most in given.queries)} |")
    print(f"| --- | ---: |{' ---: |' * len(given.queries)}")
    for name in given.label_only:
        attack = Attack(name, given.norm, 0, name, {})
        for seed in given.seeds:
            sizes = smallest(s, attack, given.queries, seed)
            cells = [judge.shown(attack, float(size.median())) for size in sizes]
            print(f"| {name} {given.norm} | {seed} | {' | '.join(cells)} |", flush=True)
    for name in given.scores:
        for seed in given.seeds:
            found = advlab.attack(
                s.classifier, s.x, name, norm="linf", eps=2 * s.radii["linf"], labels=s.labels, early_stop=True,
                max_queries=max(given.queries), seed=seed, steps=max(given.queries),
            )  # fmt: skip
            shares = (float((found.success & (found.queries <= most)).double().mean()) for most in given.queries)
            print(
                f"| {name}, ε = {found.eps[0]:g} | {seed} | {' | '.join(f'{share:.0%}' for share in shares)} |",
                flush=True,
            )


def smallest(s: subjects.Subject, attack: Attack, queries: list[int], seed: int) -> list[Tensor]:
    """The size for each picture `[N]` after so many queries, of one run."""
    found = advlab.attack(
        s.classifier, s.x, attack.ours, norm=attack.norm, labels=s.labels, max_queries=max(queries), seed=seed,
        steps=max(queries),
    )  # fmt: skip
    asked, size = found.trace.column("queries"), found.trace.column("size")
    return [torch.where(asked <= most, size, torch.inf).amin(0) for most in queries]


if __name__ == "__main__":
    main()
