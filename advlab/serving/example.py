"""The example that Home shows at once: a real run, recorded into `assets/example/` and checked by a test.

`python -c "from advlab.serving import example; example.record()"` records it anew.
"""

import io
import json
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from PIL import Image
from pydantic import TypeAdapter

from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data import pictures
from advlab.data.samples import sample
from advlab.serving import lab
from advlab.serving.outcome import Film, Outcome

FOLDER = Path(__file__).parents[2] / "assets" / "example"
REQUEST = AttackRequest(
    picture="sample:coffee",
    model="efficientnet_lite0",
    attack="pgd",
    norm=Norm.LINF,
    eps=2 / 255,
    parameters={"steps": 20},
)
# Kept as pictures, or not at all: Home has no player.
_PIXELS = ("clean", "adversarial", "unrounded", "film", "png", "request")


def record(folder: Path = FOLDER) -> None:
    """Run the attack and write what it came to."""
    outcome = lab.run(REQUEST, sample("coffee").picture())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clean.png").write_bytes(pictures.png(outcome.clean))
    (folder / "adversarial.png").write_bytes(outcome.png)
    facts = {name: value for name, value in asdict(outcome).items() if name not in _PIXELS}
    text = json.dumps({"request": REQUEST.model_dump(mode="json"), **facts}, indent=1, ensure_ascii=False)
    (folder / "outcome.json").write_text(text + "\n", "utf-8")


@cache
def load(folder: Path = FOLDER) -> Outcome:
    """The recorded run, without its film."""
    facts: dict[str, Any] = json.loads((folder / "outcome.json").read_text("utf-8"))
    png = (folder / "adversarial.png").read_bytes()
    clean, adversarial = _pixels((folder / "clean.png").read_bytes()), _pixels(png)
    types = get_type_hints(Outcome)
    plain = {
        f.name: TypeAdapter(types[f.name]).validate_python(facts[f.name]) for f in fields(Outcome) if f.name in facts
    }
    return Outcome(
        **plain,
        clean=clean,
        adversarial=adversarial,
        unrounded=adversarial.transpose(2, 0, 1).astype(np.float32) / 255,
        film=Film((), np.empty((0, *clean.shape), np.uint8)),
        png=png,
    )


def _pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture)
