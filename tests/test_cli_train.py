"""Training from the command line, and what becomes of it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

from advlab import training
from advlab.cli import app
from tests.training import toys

ROOT = Path(__file__).parents[1]
RUNNER = CliRunner()
SMALL = ["--set", "held_out=30", "--set", "checked=10", "--threads", "1", "--device", "cpu"]


@pytest.fixture
def data(tmp_path):
    toys.write_parquet(tmp_path / "data", toys.stripes(300, size=(1, 28, 28)))
    return tmp_path / "data"


def invoke(*arguments):
    return RUNNER.invoke(app, ["train", *map(str, arguments)])


def test_a_recipe_trains_and_its_weights_attack_a_picture(data, tmp_path):
    out = tmp_path / "out"
    result = invoke("--recipe", "mnist-pgd", "--epochs", 1, "--data", data, "--out", out, *SMALL)
    assert result.exit_code == 0, result.output
    assert "PGD adversarial training" in result.output
    assert re.search(r"epoch 1 of 1: loss", result.output)
    assert json.loads((out / "training.json").read_text("utf-8"))["recipe"]["eps"] == 0.3
    picture = out / "picture.png"
    Image.fromarray(toys.stripes(3, size=(1, 28, 28)).images[1, 0].numpy()).save(picture)
    command = re.search(r"python -m advlab (attack PICTURE --weights .*)", result.output)
    assert command is not None
    attacked = RUNNER.invoke(app, command[1].replace("PICTURE", str(picture)).split())
    assert attacked.exit_code == 0, attacked.output
    assert "answer" in attacked.output


def test_killed_and_resumed_it_comes_to_the_same_weights(data, tmp_path):
    def command(out):
        options = [
            "--recipe",
            "mnist-pgd",
            "--epochs",
            "2",
            "--set",
            "batch_size=20",
            "--set",
            "method.steps=2",
            "--data",
            data,
            "--out",
            out,
        ]
        return [sys.executable, "-m", "advlab", "train", *map(str, options), *SMALL]

    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    subprocess.run(command(tmp_path / "whole"), check=True, capture_output=True, cwd=ROOT, env=environment)
    process = subprocess.Popen(
        command(tmp_path / "killed"), stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "epoch 1 of 2: loss" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / "killed" / "weights.safetensors").exists()
    subprocess.run(command(tmp_path / "killed"), check=True, capture_output=True, cwd=ROOT, env=environment)
    first, second = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "killed"))
    assert all(bool((first[key] == second[key]).all()) for key in first)


def test_a_file_and_options_say_the_same(data, tmp_path):
    written = tmp_path / "mine.yaml"
    written.write_text(
        "architecture: advlab:madry_cnn_128\nmethod: {name: fast, step_size: 1.0}\neps: 8/255\n"
        "epochs: 1\nlearning_rate: 0.1\nsize: [1, 8, 8]\nheld_out: 30\nchecked: 10\n"
    )
    one = invoke("--recipe", written, "--data", data, "--out", tmp_path / "one", "--device", "cpu")
    assert one.exit_code == 0, one.output
    options = ["--architecture", "advlab:madry_cnn_128", "--method", "fast", "--eps", "8/255", "--epochs", 1]
    options += ["--set", "method.step_size=1.0", "--size", "1x8x8", "--data", data, "--out", tmp_path / "two"]
    two = invoke(*options, *SMALL)
    assert two.exit_code == 0, two.output
    recipes = [json.loads((tmp_path / name / "training.json").read_text("utf-8"))["recipe"] for name in ("one", "two")]
    assert recipes[0] == recipes[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Give --recipe NAME"),
        (["--recipe", "mnist-pgdd"], "There is no recipe"),
        (["--recipe", "mnist-pgd", "--data", "nowhere"], "There is no folder nowhere"),
        (["--recipe", "mnist-pgd", "--epochs", "0"], "epochs"),
        (["--recipe", "mnist-pgd", "--set", "epoch=3"], "has no “epoch”"),
        (["--recipe", "mnist-pgd", "--set", "method.step=3"], "step"),
        (["--recipe", "mnist-pgd", "--eps", "much"], "eps"),
        (["--recipe", "mnist-pgd", "--method", "magic"], "no training method “magic”"),
        (["--recipe", "mnist-pgd", "--size", "big"], "is no size"),
        (["--recipe", "mnist-pgd", "--device", "tpu9"], "no device “tpu9”"),
    ],
)
def test_mistakes_are_one_sentence(arguments, words, tmp_path):
    result = invoke(*arguments, "--out", tmp_path / "out")
    assert result.exit_code != 0
    assert words in str(result.exception), result.output


def test_recipes_are_listed_and_all_can_be_read():
    result = RUNNER.invoke(app, ["recipes"])
    assert result.exit_code == 0
    for name in training.names():
        assert name in result.output
        assert training.Recipe.of(training.values(name)).summary
    assert {"mnist-pgd", "signs-standard", "cifar10-noise"} <= set(training.names())
