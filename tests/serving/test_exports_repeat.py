"""A script and a command line repeat a run: both are started as anybody would, and compared to the bit."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from safetensors.torch import save_file

from advlab import models
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data import pictures
from advlab.data.sources import open_picture
from advlab.serving import lab
from advlab.serving.exports import command, files, names, script
from advlab.serving.outcome import Outcome
from tests.serving.requests import MODEL

ROOT = Path(__file__).parents[2]
PICTURE = '-my photo\'s "copy"; $HOME.jpg'
CASES = {
    "pgd in L2, pixel by pixel": {
        "picture": "exact:",
        "norm": Norm.L2,
        "eps": 0.7,
        "parameters": {"steps": 4, "random_start": False},
    },
    "square behind an interface, to its first success": {
        "attack": "square",
        "eps": 12 / 255,
        "truth": 967,
        "early_stop": True,
        "max_queries": 12,
        "service": {"top": 3, "decimals": 3, "noise": 0.001},
        "parameters": {"steps": 20},
    },
    "crafted on two others, tried on a third": {
        "model": "signs_distilled",
        "sources": ("signs_standard", "signs_fgsm"),
        "picture": "upload:",
        "attack": "mi_fgsm",
        "eps": 8 / 255,
        "parameters": {"steps": 4},
    },
    "own weights": {"model": "own:", "picture": "upload:", "attack": "fgsm", "eps": 0.0123456789},
}


def started(words: list[str], folder: Path) -> subprocess.Popen[str]:
    # Only what a person has: the repository on the path. Threads and device come from the export itself.
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    return said


def recorded(folder: Path, changes: dict[str, object]) -> Outcome:
    """A run, and beside it the file of its picture if that was not a sample."""
    picture = open_picture("sample:coffee")
    kind = str(changes.get("picture", "sample:coffee"))
    if kind == "exact:":
        picture = picture.resize((224, 224))
        picture.save(folder / PICTURE, "PNG")
    elif kind == "upload:":
        picture.rotate(90).filter(ImageFilter.SHARPEN).save(folder / PICTURE, "JPEG", quality=80)
    if not kind.startswith("sample:"):
        picture = open_picture(folder / PICTURE)
        kind += pictures.digest(picture)
    if changes.get("model") == "own:":
        changes = changes | {"model": own_weights(folder)}
    plain = {"model": MODEL, "attack": "pgd", "norm": Norm.LINF}
    return lab.run(AttackRequest(**plain | changes | {"picture": kind}), picture)


def own_weights(folder: Path) -> str:
    """Of a network that has learned nothing, in the folder and known to this process."""
    import torchvision  # noqa: PLC0415 - after advlab, which makes it importable

    with torch.random.fork_rng():
        network = torchvision.models.squeezenet1_1(num_classes=5)
    save_file(network.state_dict(), folder / "weights.safetensors")
    card = models.add_own(
        folder / "weights.safetensors",
        architecture="torchvision:squeezenet1_1",
        labels=["a", "b", "c", "d", "e"],
        input_size=(3, 64, 80),
        mean=(0.4, 0.5, 0.6),
        std=(0.2, 0.2, 0.25),
        crop=0.9,
    )
    return card.name


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_a_script_and_a_command_line_give_the_same_to_the_bit(changes: dict[str, object], tmp_path: Path) -> None:
    assert torch.get_num_threads() == 1  # as recorded; a machine of many cores would take more by itself
    outcome = recorded(tmp_path, changes)
    stem = names.stem(outcome, PICTURE)
    (tmp_path / "repeat.py").write_text(script.script(outcome, PICTURE), "utf-8")
    python, *line = shlex.split(command.cli(outcome, PICTURE))
    assert python == "python"
    both = started(["repeat.py"], tmp_path), started(line, tmp_path)
    said, _ = map(ended, both)
    assert "This is the recorded execution" in said
    assert "The pixels are the recorded ones." in said
    for file in (tmp_path / f"{stem}.png", tmp_path / "out" / f"{stem}.png"):
        with Image.open(file) as picture:
            assert np.array_equal(np.asarray(picture), outcome.adversarial)
    assert np.array_equal(np.load(tmp_path / f"{stem}.npy"), outcome.unrounded)
    with np.load(tmp_path / "out" / f"{stem}.npz") as arrays:
        assert np.array_equal(arrays["adversarial"], outcome.unrounded)
        request = AttackRequest.model_validate_json(str(arrays["request"]))
    assert request == files.complete(outcome.request).public
    assert "own:" not in (tmp_path / "repeat.py").read_text("utf-8") + " ".join(line)
