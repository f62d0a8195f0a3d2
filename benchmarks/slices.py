"""Slices: how much the adaptive refinement saves, what it misses, and how long it takes.

    python benchmarks/slices.py --planes 10
    python benchmarks/slices.py --speed

For each kind of plane, half of the planes on the undefended network and half on its robust twin: the model is asked
about every point of 201 × 201, and the adaptive slice is compared with that. An island is an area of a class, seen by
brute force, of which the adaptive slice shows not a single point. `--speed` times slices alone, so run it on an idle
machine.
"""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from advlab import models
from advlab.analysis.boundary import Explorer
from advlab.analysis.rays import Rays
from advlab.analysis.readings import Reader
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data.samples import fitting
from advlab.serving import lab
from advlab.serving.explain import explanation
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.geometry.ground import Materials, lay
from advlab.serving.geometry.request import Axis, PlaneRequest

EPS, REACH, LINES = 8 / 255, 16 / 255, 201
PAIR = ("signs_standard", "signs_trades")
KINDS = ("random", "gradient and random", "two gradients", "through an attack", "through three pictures")


@dataclass
class Row:
    """One plane."""

    kind: str
    model: str
    picture: str
    asked: float
    agreement: float
    missed: float
    boundary: bool


def request(kind: str, model: str, place: int) -> tuple[PlaneRequest, Materials]:
    """The plane of this kind through the picture at this place."""
    samples = fitting(models.card(model).labels())
    chosen = samples[place % len(samples)]
    others = {f"sample:{one.name}": one.image for one in (samples[(place + 7) % 43], samples[(place + 19) % 43])}
    random, sign, attack = (Axis(direction=name) for name in ("random", "sign", "attack"))
    one, two = (Axis(direction="picture", of=name) for name in others)
    axes = {
        "random": (random, random),
        "gradient and random": (sign, random),
        "two gradients": (sign, Axis(direction="class", of=str((place * 11 + 3) % 43))),
        "through an attack": (attack, random),
        "through three pictures": (one, two),
    }[kind]
    runs = {}
    if kind == "through an attack":
        asked = AttackRequest(picture=f"sample:{chosen.name}", model=model, attack="pgd", norm=Norm.LINF, eps=EPS)
        runs["run"] = lab.run(asked, chosen.image)
    # Other pictures are far away: there the square reaches beyond both.
    reach = 1.2 if kind == "through three pictures" else REACH
    plane = PlaneRequest(picture=f"sample:{chosen.name}", model=model, across=axes[0], up=axes[1], reach=reach,
                         resolution=LINES, seed=place)  # fmt: skip
    return plane, Materials(chosen.image, others, runs)


def brute(reader: Reader, plane, lines: np.ndarray) -> np.ndarray:
    rows, columns = np.meshgrid(lines, lines, indexing="ij")
    positions = torch.from_numpy(np.stack([columns.ravel(), rows.ravel()], 1))
    found = reader.read(plane.at(block) for block in torch.split(positions, 256))
    return found.index.cpu().numpy().reshape(rows.shape)


def missed(truth: np.ndarray, found: np.ndarray) -> float:
    """The share of the area in islands that the slice shows nothing of."""
    area = 0
    for index in np.unique(truth):
        islands, count = ndimage.label(truth == index)
        shown = set(np.unique(islands[(found == index) & (truth == index)]).tolist())
        area += sum(int((islands == k).sum()) for k in range(1, count + 1) if k not in shown)
    return area / truth.size


def measure(kind: str, model: str, place: int) -> Row:
    asked, materials = request(kind, model, place)
    ground = lay(asked, materials)
    reader = Reader(ground.classifier, ground.clean)
    *_, last = Explorer(reader, ground.plane).explore(asked.reach, LINES)
    truth = brute(reader, ground.plane, last.lines)
    agreement = float((truth == last.index).mean())
    crossed = len(np.unique(truth)) > 1
    return Row(kind, model, asked.picture, last.asked / truth.size, agreement, missed(truth, last.index), crossed)


def planes(count: int, keep: Path) -> None:
    """All kinds; what is in `keep` is not measured again."""
    done = [Row(**json.loads(line)) for line in keep.read_text("utf-8").splitlines()] if keep.exists() else []
    known = {(row.kind, row.model, row.picture) for row in done}
    for place in range(count):
        for kind in KINDS:
            model = PAIR[place % 2]
            if (kind, model, request(kind, model, place)[0].picture) in known:
                continue
            row = measure(kind, model, place)
            done.append(row)
            with keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(row)) + "\n")
    print("| planes | number, with a boundary | asked, median | asked, most | agreement, least | missed, most |")
    print("|---|---|---|---|---|---|")
    for kind in KINDS:
        rows = [row for row in done if row.kind == kind]
        if rows:
            asked = [row.asked for row in rows]
            fewest, most = min(row.agreement for row in rows), max(row.missed for row in rows)
            crossed = sum(row.boundary for row in rows)
            print(f"| {kind} | {len(rows)}, {crossed} | {np.median(asked):.1%} | {max(asked):.1%} "
                  f"| {fewest:.3%} | {most:.4%} |")  # fmt: skip


def speed() -> None:
    """The first picture and the whole, on a network of ours and on EfficientNet-Lite0; and a distance's error."""
    for model, picture, lines, reach in ((PAIR[0], "stop", 201, REACH), ("efficientnet_lite0", "coffee", 41, 4 / 255)):
        sample = next(one for one in fitting(models.card(model).labels()) if one.name == picture)
        asked = PlaneRequest(picture=f"sample:{picture}", model=model, across=Axis(direction="sign"),
                             up=Axis(direction="random"), reach=reach, resolution=lines)  # fmt: skip
        ground = lay(asked, Materials(sample.image))  # the model is loaded and warm
        begin, first = time.perf_counter(), None
        for _ in Explorer(Reader(ground.classifier, ground.clean), ground.plane).explore(reach, lines):
            first = first or time.perf_counter() - begin
        whole = time.perf_counter() - begin
        print(f"{model}, {lines} × {lines}: first picture {first:.2f} s, whole {whole:.2f} s")
        rays = Rays(Reader(ground.classifier, ground.clean), ground.plane.origin, ground.plane.axes[:1])
        found = float(rays.boundary(reach)[0])
        fine = rays.along(torch.linspace(0, reach, 4001, dtype=torch.float64)).margin[0]
        outside = (fine <= 0).nonzero()
        if len(outside):
            exact = float(outside[0]) * reach / 4000
            print(f"  distance {found * 255:.4f}/255, by a line of 4,001 points {exact * 255:.4f}/255")


def reasons() -> None:
    """Saliency and Grad-CAM of the clean and the adversarial picture, as the page asks for them at first."""
    model = "efficientnet_lite0"
    picture = fitting(models.card(model).labels())[0]
    run = lab.run(AttackRequest(picture=f"sample:{picture.name}", model=model, attack="fgsm", norm="linf", eps=2 / 255),
                  picture.image)  # fmt: skip
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        for method in ("saliency", "grad_cam"):
            for name, says in (("", run.before), ("run", run.after)):
                asked = ExplainRequest(picture=run.request.picture, model=model, run=name, method=method,
                                       index=run.before.index)  # fmt: skip
                explanation.explain(asked, picture.image, run, says=says)
        times.append(time.perf_counter() - begin)
    print(f"{model}: Saliency and Grad-CAM, clean and adversarial: {min(times):.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=int, default=10, help="of each kind")
    parser.add_argument("--keep", type=Path, default=Path("slices.jsonl"), help="where rows are kept, to go on later")
    parser.add_argument("--speed", action="store_true", help="time slices and explanations instead")
    chosen = parser.parse_args()
    if chosen.speed:
        speed()
        reasons()
    else:
        planes(chosen.planes, chosen.keep)
