"""PGD-20 against the bare loop and the peers: seconds, success rates and sizes, interleaved in one process.

    python benchmarks/attack_speed.py            # about ten minutes on two cores
    python benchmarks/attack_speed.py --quick

Every row does the same work: one forward for the labels, 20 gradients, one forward for the verdict.
A peer is an optional import: a row without its library says so.

AdvLab asks glibc to keep freed memory (`advlab.core.memory.keep_freed`), which speeds up everything in the
process. So the setting is turned off again for every row that a user would run without AdvLab's driver;
rows marked "memory kept" have it on.
"""

import argparse
import ctypes
import functools
import statistics
import time
from collections.abc import Callable

import pictures
import torch
import torch.nn.functional as F
from peers import Peer, art_pgd, bare_loop, foolbox_pgd, torchattacks_pgd
from torch import Tensor, nn

import advlab
from advlab.models import catalogue
from advlab.models.cards import efficientnet_lite

MODEL = "efficientnet_lite0"
EPS, STEP_SIZE, STEPS = 8 / 255, 2 / 255, 20
REFERENCE = "torchattacks, plain module"
KEPT = "memory kept"
LOOP = f"bare loop, our module, {KEPT}"


class Normalised(nn.Module):
    """The plain module as a user has it: normalisation in front, default layout, parameters that want gradients."""

    def __init__(self, module: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.module = module
        self.register_buffer("mean", torch.tensor(mean).reshape(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(-1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.module((x - self.mean) / self.std)


def plain_module(name: str = MODEL) -> nn.Module:
    """What a user of the peers has: of EfficientNet-Lite timm's network, whose normalisation is layers of its own."""
    card = catalogue()[name]
    file = card.weights()
    if file is None:
        raise SystemExit(f"The weights are not here: {card.install}")
    preprocessing = card.preprocessing
    lite = name.removeprefix("efficientnet_lite")
    network = efficientnet_lite.as_published(int(lite), file) if lite.isdecimal() else card.build(file)
    return Normalised(network, preprocessing.mean or (0.0,), preprocessing.std or (1.0,)).eval()


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_memory(kept: bool) -> None:  # noqa: FBT001
    """What AdvLab sets, or where glibc's own thresholds come to rest after a large tensor was freed."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_TRIM_THRESHOLD, 2**30 if kept else 2**26)
        libc.mallopt(_M_MMAP_THRESHOLD, 2**30 if kept else 2**25)
        libc.malloc_trim(0)


def ours(classifier: advlab.Classifier, x: Tensor) -> Tensor:
    """All 20 steps, whenever the images fall."""
    return advlab.attack(
        classifier, x, "pgd", eps=EPS, step_size=STEP_SIZE, steps=STEPS, random_start=False, early_stop=False
    ).adversarial


def rows(plain: nn.Module, classifier: advlab.Classifier) -> dict[str, Peer]:
    """A function from images to adversarial images for each row of the table."""
    loop = functools.partial(bare_loop, eps=EPS, step_size=STEP_SIZE, steps=STEPS)
    table: dict[str, Peer] = {
        "bare loop, plain module": functools.partial(loop, plain),
        "bare loop, our module": functools.partial(loop, classifier),
        LOOP: functools.partial(loop, classifier),
        "**AdvLab**, float32, memory not kept": functools.partial(ours, classifier),
        f"**AdvLab**, float32, {KEPT}": functools.partial(ours, classifier),
        f"**AdvLab**, bf16 search, {KEPT}": functools.partial(ours, classifier.with_precision("bf16")),
    }
    for name, make in (("torchattacks", torchattacks_pgd), ("foolbox", foolbox_pgd), ("ART", art_pgd)):
        for where, module in (("plain module", plain), ("our module", classifier)):
            try:
                table[f"{name}, {where}"] = make(module, EPS, STEP_SIZE, STEPS)
            except ImportError as error:
                print(f"{name}: {error}")
    return table


def timed(function: Callable[[], Tensor], *, kept: bool) -> tuple[float, Tensor]:
    keep_memory(kept)
    begin = time.perf_counter()
    result = function()
    return time.perf_counter() - begin, result


def measure(table: dict[str, Peer], x: Tensor, repeats: int) -> tuple[dict[str, list[float]], dict[str, Tensor]]:
    """Seconds of every row, one after the other, `repeats` times; the order turns from round to round."""
    seconds: dict[str, list[float]] = {name: [] for name in table}
    results: dict[str, Tensor] = {}
    names = list(table)
    for turn in range(repeats + 1):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            took, results[name] = timed(functools.partial(table[name], x), kept=name.endswith(KEPT))
            if turn:  # the first round warms up
                seconds[name].append(took)
    return seconds, results


def ratio(seconds: list[float], reference: list[float]) -> float:
    """Median of the ratios within a round: what slows a whole round down cancels."""
    return statistics.median(a / b for a, b in zip(seconds, reference, strict=True))


def speed_table(table: dict[str, Peer], classifier: advlab.Classifier, x: Tensor, repeats: int) -> None:
    seconds, results = measure(table, x, repeats)
    with torch.no_grad():
        labels = classifier(x).argmax(1)
    print(f"\n### PGD-20, L∞ ε = 8/255, {len(x)} × 224 px, {repeats} rounds\n")
    print("| | seconds | × torchattacks, plain | × bare loop, same module and memory | success | mean size × 255 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, times in seconds.items():
        with torch.no_grad():
            fooled = (classifier(results[name]).argmax(1) != labels).float().mean()
        size = (results[name] - x).abs().flatten(1).amax(1).mean() * 255
        to_peer = ratio(times, seconds[REFERENCE]) if REFERENCE in seconds else float("nan")
        to_loop = ratio(times, seconds[LOOP])
        print(
            f"| {name} | {statistics.median(times):.2f} | {to_peer:.2f} | {to_loop:.2f} | {fooled:.0%} | {size:.2f} |"
        )


SET_EPS, SET_STEP_SIZE, SET_STEPS, SET_TARGET = 2 / 255, 0.25 / 255, 40, 1


def loop_until_all(module: nn.Module, x: Tensor, chunk: int) -> Tensor:
    """The usual loop over a set: `chunk` images at once, on until the last of them has fallen."""
    done = []
    for clean in x.split(chunk):
        target = torch.full((len(clean),), SET_TARGET)
        found, adversarial = torch.zeros(len(clean), dtype=torch.bool), clean.clone()
        with torch.no_grad():
            module(clean)
        point = clean
        for step in range(SET_STEPS + 1):
            point = point.detach().requires_grad_(step < SET_STEPS)
            logits = module(point)
            fresh = (logits.argmax(1) == target) & ~found
            adversarial[fresh], found = point.detach()[fresh], found | fresh
            if bool(found.all()) or step == SET_STEPS:
                break
            (gradient,) = torch.autograd.grad(F.cross_entropy(logits, target, reduction="sum"), point)
            moved = point.detach() - SET_STEP_SIZE * gradient.sign()
            point = torch.minimum(torch.maximum(moved, clean - SET_EPS), clean + SET_EPS).clamp(0, 1)
        done.append(torch.where(found.reshape(-1, 1, 1, 1), adversarial, point.detach()))
    return torch.cat(done)


def set_table(classifier: advlab.Classifier, count: int, repeats: int) -> None:
    """Images that fall at different steps: what retiring them is worth."""
    x = pictures.images(classifier, count)
    goal = advlab.Targeted(SET_TARGET)

    def early(clf: advlab.Classifier, x: Tensor) -> Tensor:
        return advlab.attack(
            clf, x, "pgd", eps=SET_EPS, step_size=SET_STEP_SIZE, steps=SET_STEPS, random_start=False, goal=goal
        ).adversarial

    fast = classifier.with_precision("bf16")
    table: dict[str, Peer] = {
        "loop until all are fooled, all at once": lambda x: loop_until_all(classifier, x, len(x)),
        f"loop until all are fooled, 8 at once, {KEPT}": lambda x: loop_until_all(classifier, x, 8),
        f"**AdvLab**, float32, {KEPT}": functools.partial(early, classifier),
        f"**AdvLab**, bf16 search, {KEPT}": functools.partial(early, fast),
    }
    seconds, results = measure(table, x, repeats)
    print(
        f"\n### A set of {count}: targeted PGD-40, L∞ ε = 2/255, images stop when they are fooled, {repeats} rounds\n"
    )
    print("| | seconds | × loop, all at once | × loop, 8 at once, memory kept | success |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, times in seconds.items():
        with torch.no_grad():
            hit = (classifier(results[name]).argmax(1) == SET_TARGET).float().mean()
        whole, parts = (ratio(times, seconds[reference]) for reference in list(table)[:2])
        print(f"| {name} | {statistics.median(times):.2f} | {whole:.2f} | {parts:.2f} | {hit:.0%} |")


def small_table(repeats: int) -> None:
    """A network so small that what is not the network shows: 128 images, 40 steps."""
    network = nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(16, 32, 5, stride=2, padding=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 49, 100), nn.ReLU(), nn.Linear(100, 10),
    )  # fmt: skip
    classifier = advlab.wrap(network, labels=list("0123456789"), input_size=(1, 28, 28))
    x = torch.rand(128, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    settings = {"eps": 0.1, "step_size": 0.01, "steps": 40}
    table: dict[str, Peer] = {
        f"bare loop, {KEPT}": functools.partial(bare_loop, classifier, **settings),
        f"**AdvLab**, {KEPT}": lambda x: (
            advlab.attack(classifier, x, "pgd", random_start=False, early_stop=False, **settings).adversarial
        ),
    }
    for name, make in (("torchattacks", torchattacks_pgd), ("foolbox", foolbox_pgd)):
        try:
            table[f"{name}, {KEPT}"] = make(classifier, **settings)
        except ImportError as error:
            print(f"{name}: {error}")
    seconds, _ = measure(table, x, repeats)
    print(f"\n### A small network: PGD-40 on 128 × 28 × 28, {repeats} rounds\n")
    print("| | milliseconds a step | × bare loop |\n| --- | ---: | ---: |")
    for name, times in seconds.items():
        each = statistics.median(times) / settings["steps"] * 1000
        print(f"| {name} | {each:.1f} | {ratio(times, seconds[next(iter(table))]):.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds")
    quick = parser.parse_args().quick
    small_table(5 if quick else 15)
    plain, classifier = plain_module(), advlab.load(MODEL, "cpu")
    table = rows(plain, classifier)
    for count, repeats in ((1, 3 if quick else 11), (8, 1 if quick else 7)):
        speed_table(table, classifier, pictures.images(classifier, count), repeats)
    set_table(classifier, 16 if quick else 32, 1 if quick else 3)


if __name__ == "__main__":
    main()
