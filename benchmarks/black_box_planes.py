"""How near attacks that see labels only come to a plane, at equal queries: the median size over the exact distance.

    python benchmarks/black_box_planes.py                          # 10,000 queries, 784 and 3,072 dimensions
    python benchmarks/black_box_planes.py --queries 1000 --only boundary

Pictures of middling values and a linear network of two classes, whose distances are known exactly, box included.
Peers' queries are counted outside.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from agreement import decision_based
from agreement.judge import judged
from agreement.libraries import Attack, Counted
from agreement.subjects import Subject, answers
from agreement.table import seeded

import advlab
from tests.closed_form import distance
from tests.networks import linear, pictures

SIZES = {784: (1, 28, 28), 3072: (3, 32, 32)}
ALSO = [Attack("GeoDA L1", "l1", 0, "geoda", {})]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--count", type=int, default=8, help="pictures; a peer that is slow gets two")
    parser.add_argument("--only", nargs="+", default=[], help="names of our attacks")
    parser.add_argument("--dimensions", nargs="+", type=int, choices=SIZES, default=list(SIZES))
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    print("| attack | library | dimensions | pictures | queries | median size / exact | largest |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for dimensions in given.dimensions:
        size = SIZES[dimensions]
        network, x = linear(size, 2, 1), pictures(given.count, size, 3, low=0.4, high=0.6)
        s = Subject(f"plane in {dimensions}", network, x, answers(network, x), 2, {}, 0)
        for attack in decision_based.attacks(s, given.queries) + ALSO:
            if given.only and attack.ours not in given.only:
                continue
            rows(s, attack, dimensions, {} if given.no_peers else attack.peers, given.queries)


def rows(s: Subject, attack: Attack, dimensions: int, peers: dict, queries: int) -> None:
    """The peers' rows, then ours."""
    exact = distance(s.classifier, s.x, attack.norm)
    for library, peer in peers.items():
        part = s.first(len(s.x) if peer.share == 1 else 2)
        network = Counted(s.classifier).eval()
        seeded()
        try:
            adversarial = peer.run(replace(part, classifier=network))
        except ValueError as error:  # ART's Sign-OPT knows no two classes
            print(f"| {attack.title} | {library} | {dimensions} | {error} | | | |", flush=True)
            continue
        row(
            f"| {attack.title} | {library} | {dimensions} |",
            network.images / len(part.x),
            judged(part, attack, adversarial).size,
            exact,
        )
    options = {"samples": queries} if attack.ours == "geoda" else {"steps": queries}
    found = advlab.attack(s.classifier, s.x, attack.ours, norm=attack.norm, max_queries=queries, **options)
    row(f"| {attack.title} | **AdvLab** | {dimensions} |", float(found.queries.double().mean()), found.distance, exact)


def row(begin: str, queries: float, sizes, exact) -> None:  # tensors [n]
    ratio = sizes.double() / exact[: len(sizes)]
    end = f"{len(sizes)} | {queries:.0f} | {float(ratio.median()):.3f} | {float(ratio.max()):.3f} |"
    print(begin, end, flush=True)


if __name__ == "__main__":
    main()
