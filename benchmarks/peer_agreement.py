"""The same attacks here and in the peers, on the same pictures at the same budget: who finds more, who finds less.

    python benchmarks/peer_agreement.py --data ../shared/data --official CLONE --adv-lib CLONE
    python benchmarks/peer_agreement.py --data ../shared/data --quick --network mnist_standard --attack deepfool

Four of our networks on test pictures that they get right, and EfficientNet-Lite0 on crops of photos. Success, the
median size with failures as infinite, and the queries are counted here on the pictures that come back; what a library
says about itself is not used. A row has as many pictures as `--work` gradients allow. The verdict is “ok” where ours
is no more than one point of success, and in the median 2%, behind each peer on that peer's pictures.
"""

import argparse
import logging
from pathlib import Path

from agreement import libraries, subjects, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="has folders mnist and cifar10")
    parser.add_argument("--network", nargs="+", choices=subjects.NETWORKS, default=list(subjects.NETWORKS))
    parser.add_argument("--attack", nargs="+", default=[], help="only attacks whose title begins so")
    parser.add_argument("--count", type=int, default=200, help="pictures at most")
    parser.add_argument("--work", type=int, help="gradients of a picture that a row may cost")
    parser.add_argument("--official", type=Path, help="a clone of AutoAttack")
    parser.add_argument("--adv-lib", type=Path, help="a clone of adv-lib")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quick", action="store_true", help="few pictures and steps: to see whether it runs")
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # ART's advice
    libraries.CLONES.update(autoattack=given.official, adv_lib=given.adv_lib)
    behind = []
    for name in given.network:
        count, work = (4, 8) if given.quick else (given.count, given.work)
        s = subjects.subject(name, given.data, count, given.device, work=work, quick=given.quick)
        behind += table.report(s, given.attack)
    print("\nBehind:" if behind else "\nBehind: nowhere.", *behind, sep="\n- ")


if __name__ == "__main__":
    main()
