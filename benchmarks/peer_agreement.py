"""The same attacks here and in the peers, on the same images at the same budget: who finds more, who finds less.

    python benchmarks/peer_agreement.py --data ../shared/data
    python benchmarks/peer_agreement.py --quick

Two models: a small network trained here for about a minute on MNIST (Parquet, a stand-in that is thrown
away), and EfficientNet-Lite0 on crops of photos. Attacks in a radius: share of images fooled. Minimal-norm
attacks: share, and the median L2 norm with failures counted as infinite. All of it is recomputed here on the
images that come back; what a library says about itself is not used.
"""

import argparse
import io
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import peers
import pictures
import pyarrow.parquet as pq
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

import advlab

warnings.filterwarnings("ignore")


@dataclass
class Budget:
    """What each attack may spend, and the radii."""

    linf: float
    l2: float
    pgd_steps: int = 20
    cw_searches: int = 5
    cw_steps: int = 100
    square_queries: int = 500
    share: float = 0.05  # of the pixels in the first squares
    hsj_queries: int = 2000
    few: int = 100  # images for the minimal-norm attacks


@dataclass
class Subject:
    """A model, images that it knows, and the budget."""

    title: str
    classifier: advlab.Classifier
    x: Tensor
    labels: Tensor
    classes: int
    budget: Budget


def mnist(folder: Path, part: str, count: int) -> tuple[Tensor, Tensor]:
    """`count` images and labels of the Parquet files in `folder`."""
    files = sorted(folder.glob(f"**/*{part}*.parquet"))
    if not files:
        raise SystemExit(f"No Parquet file of MNIST's {part} part in {folder}: give --data.")
    rows = pq.read_table(files[0]).slice(0, count).to_pydict()
    images = [np.array(Image.open(io.BytesIO(image["bytes"])).convert("L")) for image in rows["image"]]
    return torch.from_numpy(np.stack(images)).unsqueeze(1).float() / 255, torch.tensor(rows["label"])


def small_network(data: Path, train: int, epochs: int) -> nn.Module:
    """Two convolutions and two layers, trained on MNIST: a stand-in for the length of this script."""
    x, y = mnist(data / "mnist", "train", train)
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)  # noqa: TID251 - what the peers and nn.Linear draw from
    network = nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(16, 32, 5, stride=2, padding=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 49, 100), nn.ReLU(), nn.Linear(100, 10),
    )  # fmt: skip
    adam = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=generator).split(128):
            adam.zero_grad()
            F.cross_entropy(network(x[rows]), y[rows]).backward()
            adam.step()
    return network.eval()


def subjects(data: Path, *, quick: bool) -> list[Subject]:
    network = small_network(data, 6000 if quick else 60_000, 1 if quick else 3)
    digits = advlab.wrap(network, labels=list("0123456789"), input_size=(1, 28, 28), name="small MNIST network")
    count = 20 if quick else 100
    x, y = mnist(data / "mnist", "test", 2 * count)
    with torch.no_grad():
        known = (digits(x).argmax(1) == y).nonzero().squeeze(1)[:count]
    lite = advlab.load("efficientnet_lite0", "cpu")
    photos = pictures.images(lite, 4 if quick else 16)
    with torch.no_grad():
        answers = lite(photos).argmax(1)
    small = Budget(0.1, 1.5, share=0.8, hsj_queries=500 if quick else 2000)
    large = Budget(0.5 / 255, 0.1, hsj_queries=300 if quick else 1000, few=2 if quick else 4)
    if quick:
        small.cw_steps = large.cw_steps = 30
        small.square_queries = large.square_queries = 100
    return [
        Subject("small MNIST network", digits, x[known], y[known], 10, small),
        Subject("EfficientNet-Lite0, 224 px", lite, photos, answers, 1000, large),
    ]


Run = Callable[[Subject], Tensor]


def ours(method: str, norm: str, settings: Callable[[Budget], dict]) -> Run:
    def run(s: Subject) -> Tensor:
        return advlab.attack(s.classifier, s.x, method, norm=norm, labels=s.labels, **settings(s.budget)).adversarial

    return run


def torchattacks(make: Callable) -> Run:
    def run(s: Subject) -> Tensor:
        import torchattacks as library

        return make(library, s.classifier, s.budget)(s.x, s.labels)

    return run


def foolbox(make: Callable, eps: Callable[[Budget], float | None]) -> Run:
    def run(s: Subject) -> Tensor:
        import foolbox as library

        model = library.PyTorchModel(s.classifier, bounds=(0, 1))
        attack, radius = make(library.attacks, s.budget), eps(s.budget)
        return attack(model, s.x, s.labels, epsilons=radius)[1]

    return run


def art(make: Callable) -> Run:
    def run(s: Subject) -> Tensor:
        from art.attacks import evasion

        estimator = peers.art_classifier(s.classifier, tuple(s.x.shape[1:]), s.classes)
        attack = make(evasion, estimator, s.budget)
        labels = F.one_hot(s.labels, s.classes).numpy()
        return torch.from_numpy(attack.generate(s.x.numpy(), y=labels).astype(np.float32))

    return run


def each_alone(run: Run) -> Run:
    """One image at a time."""

    def alone(s: Subject) -> Tensor:
        parts = (
            Subject(s.title, s.classifier, s.x[i : i + 1], s.labels[i : i + 1], s.classes, s.budget)
            for i in range(len(s.x))
        )
        return torch.cat([run(part) for part in parts])

    return alone


def pgd_settings(eps: float, steps: int) -> dict:
    return {"eps": eps, "step_size": 2.5 * eps / steps, "steps": steps, "early_stop": False}


# Attack: radius (None: minimal norm), and the libraries that have it.
ATTACKS: dict[str, tuple[Callable[[Budget], tuple[str, float] | None], dict[str, Run]]] = {
    "FGSM L∞": (
        lambda b: ("linf", b.linf),
        {
            "AdvLab": ours("fgsm", "linf", lambda b: {"eps": b.linf}),
            "torchattacks": torchattacks(lambda t, m, b: t.FGSM(m, eps=b.linf)),
            "foolbox": foolbox(lambda a, _: a.LinfFastGradientAttack(), lambda b: b.linf),
            "ART": art(lambda e, m, b: e.FastGradientMethod(m, eps=b.linf, eps_step=b.linf)),
        },
    ),
    "PGD L∞": (
        lambda b: ("linf", b.linf),
        {
            "AdvLab": ours("pgd", "linf", lambda b: pgd_settings(b.linf, b.pgd_steps)),
            "torchattacks": torchattacks(
                lambda t, m, b: t.PGD(m, eps=b.linf, alpha=2.5 * b.linf / b.pgd_steps, steps=b.pgd_steps)
            ),
            "foolbox": foolbox(
                lambda a, b: a.LinfPGD(rel_stepsize=2.5 / b.pgd_steps, steps=b.pgd_steps), lambda b: b.linf
            ),
            "ART": art(
                lambda e, m, b: e.ProjectedGradientDescent(
                    m, eps=b.linf, eps_step=2.5 * b.linf / b.pgd_steps, max_iter=b.pgd_steps, num_random_init=1,
                    batch_size=8, verbose=False,
                )
            ),
        },
    ),
    "PGD L2": (
        lambda b: ("l2", b.l2),
        {
            "AdvLab": ours("pgd", "l2", lambda b: pgd_settings(b.l2, b.pgd_steps)),
            "torchattacks": torchattacks(
                lambda t, m, b: t.PGDL2(m, eps=b.l2, alpha=2.5 * b.l2 / b.pgd_steps, steps=b.pgd_steps)
            ),
            "foolbox": foolbox(
                lambda a, b: a.L2PGD(rel_stepsize=2.5 / b.pgd_steps, steps=b.pgd_steps), lambda b: b.l2
            ),
            "ART": art(
                lambda e, m, b: e.ProjectedGradientDescent(
                    m, norm=2, eps=b.l2, eps_step=2.5 * b.l2 / b.pgd_steps, max_iter=b.pgd_steps, num_random_init=1,
                    batch_size=8, verbose=False,
                )
            ),
        },
    ),
    "Square L∞": (
        lambda b: ("linf", b.linf * 2),
        {
            "AdvLab": ours(
                "square", "linf",
                lambda b: {"eps": 2 * b.linf, "steps": b.square_queries - 1, "share": b.share},
            ),
            "torchattacks": torchattacks(
                lambda t, m, b: t.Square(m, norm="Linf", eps=2 * b.linf, n_queries=b.square_queries, p_init=b.share)
            ),
            "ART": art(
                lambda e, m, b: e.SquareAttack(
                    m, eps=2 * b.linf, max_iter=b.square_queries, p_init=b.share, batch_size=16, verbose=False
                )
            ),
        },
    ),
    "C&W L2": (
        lambda _: None,
        {
            "AdvLab": ours(
                "cw", "l2",
                lambda b: {"steps": b.cw_steps, "search_steps": b.cw_searches, "initial_const": 1.0},
            ),
            "torchattacks": torchattacks(
                lambda t, m, b: t.CW(m, c=1, kappa=0, steps=b.cw_steps * b.cw_searches, lr=0.01)
            ),
            "foolbox": foolbox(
                lambda a, b: a.L2CarliniWagnerAttack(
                    binary_search_steps=b.cw_searches, steps=b.cw_steps, initial_const=1.0
                ),
                lambda _: None,
            ),
            "ART": art(
                lambda e, m, b: e.CarliniL2Method(
                    m, binary_search_steps=b.cw_searches, max_iter=b.cw_steps, initial_const=1.0, batch_size=16,
                    verbose=False,
                )
            ),
        },
    ),
    "HopSkipJump L2": (
        lambda _: None,
        {
            "foolbox": foolbox(lambda a, b: hopskipjump_of_foolbox(a, b), lambda _: None),
            "foolbox, one image at a time": each_alone(
                foolbox(lambda a, b: hopskipjump_of_foolbox(a, b), lambda _: None)
            ),
            "ART": art(
                lambda e, m, b: e.HopSkipJump(
                    m, norm=2, max_iter=rounds(b.hsj_queries), init_eval=100, max_eval=10_000, verbose=False,
                    batch_size=128,
                )
            ),
        },
    ),
}  # fmt: skip


class Asked(nn.Module):
    """Counts what goes through a model."""

    def __init__(self, module: advlab.Classifier) -> None:
        super().__init__()
        self.module, self.images = module, 0

    def forward(self, x: Tensor) -> Tensor:
        self.images += len(x)
        return self.module(x)


def rounds(queries: int) -> int:
    """As many rounds of HopSkipJump as fit: √t times 100 probes, and some 15 other queries each."""
    spent, t = 60.0, 0
    while spent <= queries:
        t += 1
        spent += 100 * t**0.5 + 15
    return max(t - 1, 1)


def hopskipjump_of_foolbox(attacks, b: Budget):  # foolbox's module of attacks
    from foolbox.attacks import LinearSearchBlendedUniformNoiseAttack

    return attacks.HopSkipJumpAttack(
        init_attack=LinearSearchBlendedUniformNoiseAttack(steps=50), steps=rounds(b.hsj_queries)
    )


def judged(s: Subject, adversarial: Tensor, radius: tuple[str, float] | None) -> tuple[float, float]:
    """Share of the images fooled within the radius; and the mean size, or the median with failures infinite."""
    delta = (adversarial - s.x).flatten(1)
    size = delta.abs().amax(1) if radius and radius[0] == "linf" else delta.norm(dim=1)
    with torch.no_grad():  # a point on the boundary may change sides with the batch: either way counts
        together = s.classifier(adversarial).argmax(1)
        alone = torch.cat([s.classifier(image).argmax(1) for image in adversarial.split(1)])
    good = (together != s.labels) | (alone != s.labels)
    good &= (adversarial >= 0).flatten(1).all(1) & (adversarial <= 1).flatten(1).all(1)
    if radius:
        good &= size <= radius[1] * (1 + 1e-5) + 1e-7
    typical = size.mean() if radius else torch.where(good, size, torch.inf).median()
    return float(good.float().mean()), float(typical)


def few(s: Subject) -> Subject:
    """The subject with fewer images, for attacks that cost a lot."""
    return replace(s, x=s.x[: s.budget.few], labels=s.labels[: s.budget.few])


def row(attack: str, library: str, run: Run, s: Subject, radius: tuple[str, float] | None) -> int:
    """Run one attack of one library and print what came out; returns its queries an image."""
    spy = Asked(s.classifier).eval()
    torch.manual_seed(0)  # noqa: TID251 - what the peers draw from
    np.random.seed(0)  # noqa: NPY002
    begin = time.perf_counter()
    # Ours takes a Classifier, not a module around one; that it counts right is for the tests to say.
    mine = library.startswith("AdvLab")
    try:
        adversarial = run(s if mine else replace(s, classifier=spy))
    except ImportError as error:
        print(f"| {attack} | {library} | {error} | | | |")
        return 0
    took = time.perf_counter() - begin
    success, size = judged(s, adversarial, radius)
    unit = f"{size * 255:.2f}/255" if radius and radius[0] == "linf" else f"{size:.3f}"
    asked = spy.images // len(s.x)
    print(f"| {attack} | {library} | {success:.0%} | {unit} | {asked or ''} | {took:.1f} |", flush=True)
    return asked


def report(s: Subject, chosen: str | None) -> None:
    print(f"\n### {s.title}: {len(s.x)} images, minimal norm {len(few(s).x)}\n")
    print("| attack | library | success | size | queries an image | seconds |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for attack, (radius_of, runs) in ATTACKS.items():
        if chosen and chosen.lower() not in attack.lower():
            continue
        radius = radius_of(s.budget)
        subject = s if radius else few(s)
        for library, run in runs.items():
            asked = row(attack, library, run, subject, radius)
            if attack.startswith("HopSkipJump") and asked:
                same = ours("hopskipjump", "l2", lambda _, asked=asked: {"max_queries": asked})
                row(attack, f"AdvLab, {asked} queries", same, subject, radius)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with mnist/*.parquet")
    parser.add_argument("--quick", action="store_true", help="few images and steps")
    parser.add_argument("--attack", help="only attacks with this in their name")
    arguments = parser.parse_args()
    for subject in subjects(arguments.data, quick=arguments.quick):
        report(subject, arguments.attack)


if __name__ == "__main__":
    main()
