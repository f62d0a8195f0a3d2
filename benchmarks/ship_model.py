"""Make a finished training one of the networks that come with the project.

    python -m advlab train --recipe signs-pgd --data FOLDER --out OUT
    python benchmarks/ship_model.py signs-pgd OUT

writes `assets/models/signs_pgd.safetensors` and its card. The numbers on the card are counted afterwards, by
`benchmarks/measure_models.py`.
"""

import hashlib
import json
import sys
from pathlib import Path

from advlab import training
from advlab.models.shipped import Shipped, read
from advlab.training.export import SUMMARY, WEIGHTS

ASSETS = Path(__file__).parents[1] / "assets" / "models"

# By the first word of a recipe: family, data set, its note, the standard network's twin.
ABOUT = {
    "signs": (
        "Traffic signs",
        "GTSRB",
        "A part of the German Traffic Sign Recognition Benchmark: 25,087 pictures of its training set and 4,000 of its "
        "test set, resized to 48 × 48. The training pictures are tracks of the same signs, so images held out of them "
        "flatter; the numbers here are from the test set.",
        "signs_trades",
    ),
    "cifar10": (
        "CIFAR-10",
        "CIFAR-10",
        "Trained and tested on a JPEG copy of CIFAR-10, a lossy one: accuracies run slightly below those on "
        "the original.",
        "cifar10_pgd",
    ),
    "mnist": ("Digits", "MNIST", "", "mnist_pgd"),
}


def ship(recipe: str, folder: Path) -> Path:
    """Write weights and card; gives the card's file."""
    summary = json.loads((folder / SUMMARY).read_text("utf-8"))
    weights = (folder / WEIGHTS).read_bytes()
    name = recipe.replace("-", "_")
    texts = training.Recipe.of(training.values(recipe))
    family, dataset, note, twin = ABOUT[recipe.split("-", maxsplit=1)[0]]
    made = training.Recipe.of(summary["recipe"])
    versions = ", ".join(f"{package} {version}" for package, version in summary["versions"].items())
    card = Shipped.model_validate(
        {
            "name": name,
            "title": texts.title,
            "summary": texts.summary,
            "family": family,
            "dataset": dataset,
            "data_note": note,
            "method": made.training.name,
            "recipe": recipe,
            "command": f"python -m advlab train --recipe {recipe} --data FOLDER",
            "seed": made.seed,
            "epochs": made.epochs,
            "trained": f"{summary['device']}, {max(1, round(summary['seconds'] / 60))} minutes, {versions}",
            "file": f"{name}.safetensors",
            "bytes": len(weights),
            "sha256": hashlib.sha256(weights).hexdigest(),
            "norm": "linf",
            "eps": made.eps,
            "licence": "MIT",
            "twin": twin if made.training.name == "standard" else f"{recipe.split('-', maxsplit=1)[0]}_standard",
            **{
                key: summary[key]
                for key in ("labels", "input_size", "mean", "std", "architecture", "dtype", "parameters")
            },
        }
    )
    ASSETS.mkdir(parents=True, exist_ok=True)
    (ASSETS / card.file).write_bytes(weights)
    file = ASSETS / f"{name}.json"
    if file.exists() and (old := read(file)).sha256 == card.sha256:
        card = card.model_copy(update={"results": old.results})  # counted on these very weights
    file.write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    print(ship(sys.argv[1], Path(sys.argv[2])))
