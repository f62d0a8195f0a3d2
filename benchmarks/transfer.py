"""Which attacks on one network fool others: the family with momentum, and PGD and BIM for comparison.

    python benchmarks/transfer.py --data ../shared/data/cifar10
    python benchmarks/transfer.py --source efficientnet_lite0 --count 32
    python benchmarks/transfer.py --data ../shared/data/cifar10 --source cifar10_standard+cifar10_distilled
    python benchmarks/transfer.py --data ../shared/data/cifar10 --quick

A picture counts for a victim if source and victim both know it: the share of these whose answer changes, with its 95%
interval. The attacks never see a victim and never stop early; what they give out is the picture that the source gets
most wrong. Photos have no labels, so there the source's answer is the one to leave. Of several sources, joined by +,
it is the mean of their logits that is attacked.

`--peers` adds what torchattacks makes of the same pictures at the same radius, steps and copies. `--copies` is how
many neighbours and shuffled copies there are: 20 in the papers, which costs 20 gradients a step.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pictures
import torch
import torch.nn.functional as F
from torch import Tensor

import advlab
from advlab.core.classifier import Classifier
from advlab.core.intervals import wilson
from advlab.data import sets
from advlab.evaluation.testset import as_named, choose

warnings.filterwarnings("ignore")

STEPS = 10
VICTIMS = {
    "efficientnet_lite0": ("efficientnet_lite1", "efficientnet_lite2"),
    "cifar10": ("cifar10_standard", "cifar10_distilled", "cifar10_noise", "cifar10_fast", "cifar10_pgd"),
}
# By what they cost.
ATTACKS = (
    "fgsm",
    "bim",
    "pgd",
    "mi_fgsm",
    "ni_fgsm",
    "di_fgsm",
    "ti_fgsm",
    "si_ni_fgsm",
    "vmi_fgsm",
    "vni_fgsm",
    "bsr",
)
Run = Callable[[float], Tensor]


@dataclass
class Subject:
    """A network to attack, and pictures with the classes to leave."""

    source: Classifier
    x: Tensor
    labels: Tensor


def subject(source: str, data: Path | None, count: int, device: str) -> Subject:
    """Test pictures that the source knows, or parts of photos."""
    networks = [advlab.load(name, device) for name in source.split("+")]
    network = networks[0] if len(networks) == 1 else advlab.ensemble(networks)
    if data is None:
        x = pictures.images(network, count).to(network.device)
        return Subject(network, x, answers(network, x))
    chosen = choose(as_named(sets.read(data, "test", network.input_size), network.labels), 2 * count)
    x, labels = chosen.floats(slice(None)).to(network.device), chosen.labels.to(network.device)
    known = (answers(network, x) == labels).nonzero().squeeze(1)[:count]
    return Subject(network, x[known], labels[known])


def answers(network: Classifier, x: Tensor) -> Tensor:
    """Classes; a victim that sees pictures of another size is shown them scaled."""
    if x.shape[2:] != network.input_size[1:]:
        x = F.interpolate(x, network.input_size[1:], mode="bicubic", antialias=True).clamp(0, 1)
    with torch.no_grad():
        return torch.cat([network(part).argmax(1) for part in x.split(32)])


def ours(s: Subject, copies: int, only: list[str]) -> Iterator[tuple[str, Run]]:
    for name in only:
        fields = advlab.attacks.available()[name].model_fields
        wanted = {"steps": STEPS, "samples": copies}
        how = {key: value for key, value in wanted.items() if key in fields}

        def run(eps: float, name: str = name, how: dict = how) -> Tensor:
            found = advlab.attack(s.source, s.x, name, eps=eps, labels=s.labels, early_stop=False, **how)
            return found.adversarial

        yield name, run


def peers(s: Subject, copies: int, only: list[str]) -> Iterator[tuple[str, Run]]:
    """torchattacks, with the papers' parameters where its own are others: the decay of DI and TI is 0 there."""
    import torchattacks as library

    kinds: dict[str, tuple[type, dict]] = {
        "fgsm": (library.FGSM, {}),
        "bim": (library.BIM, {}),
        "mi_fgsm": (library.MIFGSM, {}),
        "ni_fgsm": (library.NIFGSM, {}),
        "di_fgsm": (library.DIFGSM, {"decay": 1.0}),
        "ti_fgsm": (library.TIFGSM, {"decay": 1.0, "diversity_prob": 0.0}),
        "si_ni_fgsm": (library.SINIFGSM, {}),
        "vmi_fgsm": (library.VMIFGSM, {"N": copies}),
        "vni_fgsm": (library.VNIFGSM, {"N": copies}),
    }
    for name in [name for name in only if name in kinds]:
        kind, how = kinds[name]

        def run(eps: float, kind: type = kind, how: dict = how) -> Tensor:
            many = {} if kind is library.FGSM else {"alpha": eps / STEPS, "steps": STEPS}
            with torch.random.fork_rng():
                torch.manual_seed(0)  # noqa: TID251 - what the peer draws from
                parts = zip(s.x.split(20), s.labels.split(20), strict=True)
                return torch.cat([kind(s.source, eps=eps, **many, **how)(x, y) for x, y in parts])

        yield f"torchattacks {name}", run


def cell(network: Classifier, s: Subject, adversarial: Tensor, known: Tensor) -> str:
    fooled = int((answers(network, adversarial[known]) != s.labels[known]).sum())
    of = int(known.sum())
    low, high = wilson(fooled, of)
    return f"{100 * fooled / of:.1f} [{100 * low:.0f}, {100 * high:.0f}]"


def table(s: Subject, victims: list[Classifier], eps: float, runs: list[tuple[str, Run]]) -> None:
    """One row an attack, printed as soon as it is known."""
    print(f"\n{s.source.name}, ε = {255 * eps:g}/255, {len(s.x)} pictures, {STEPS} steps\n")
    print("| attack | the source itself | " + " | ".join(v.name for v in victims) + " | seconds |")
    print("|---" * (len(victims) + 3) + "|")
    networks = [s.source, *victims]
    known = [answers(network, s.x) == s.labels for network in networks]
    for name, run in runs:
        begin = time.perf_counter()
        adversarial = run(eps)
        seconds = time.perf_counter() - begin
        cells = [cell(network, s, adversarial, right) for network, right in zip(networks, known, strict=True)]
        print(f"| {name} | " + " | ".join(cells) + f" | {seconds:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default=None, help="EfficientNet-Lite0, or with --data cifar10_standard; A+B: both")
    parser.add_argument("--data", type=Path, default=None, help="CIFAR-10, as advlab.data.sets.read takes it")
    parser.add_argument("--count", type=int, default=None, help="200 pictures, or 32 photos")
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--eps", type=int, nargs="+", default=[16, 8], help="in 255ths")
    parser.add_argument("--only", nargs="+", default=ATTACKS)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--quick", action="store_true", help="few pictures and copies, one radius")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    if given.quick:
        given.count, given.copies, given.eps = given.count or 4, 3, given.eps[:1]
    source = given.source or ("cifar10_standard" if given.data else "efficientnet_lite0")
    count = given.count or (200 if given.data else 32)
    s = subject(source, given.data, count, given.device)
    names = VICTIMS.get(source, VICTIMS["cifar10"])
    victims = [advlab.load(name, given.device) for name in names if name not in source.split("+")]
    runs = [*ours(s, given.copies, given.only)]
    runs += peers(s, given.copies, given.only) if given.peers else []
    for eps in given.eps:
        table(s, victims, eps / 255, runs)


if __name__ == "__main__":
    main()
