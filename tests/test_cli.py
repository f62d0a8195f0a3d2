"""The command line: what it prints, writes, and answers to mistakes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from advlab import attacks, models
from advlab.cli import app
from advlab.errors import AdvlabError

RUNNER = CliRunner()


def test_lists_name_every_model_and_attack() -> None:
    for command, names in (("models --all", models.catalogue()), ("attacks", attacks.available())):
        result = RUNNER.invoke(app, command.split())
        assert result.exit_code == 0
        assert all(name in result.output for name in names)


def test_attack_writes_the_picture_that_it_claims(tmp_path: Path) -> None:
    arguments = ["attack", "sample:coffee", "--eps", "2/255", "--target", "Sports Car", "--set", "steps=12"]
    result = RUNNER.invoke(app, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "TARGET HIT" in result.output
    facts = json.loads((tmp_path / "out" / "coffee-pgd.json").read_text("utf-8"))
    assert facts["request"]["target"] == 817
    with Image.open(tmp_path / "out" / "coffee-pgd.png") as picture:
        x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
    assert int(models.load("efficientnet_lite0")(x).argmax()) == 817


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.jpg", "--eps", "2/255"], "There is no file nowhere.jpg"),
        (["sample:dog", "--eps", "2/255"], "There is no sample picture"),
        (["sample:cat"], "needs a radius"),
        (["sample:cat", "--eps", "much"], "is no number"),
        (["sample:cat", "--eps", "8"], r"write 8/255"),
        (["sample:cat", "--eps", "2/255", "--target", "sport car"], "Did you mean: sports car"),
        (["sample:cat", "--eps", "2/255", "--set", "steps=0"], "must be at least 1, not 0"),
        (["sample:cat", "--eps", "2/255", "--set", "stepz=1"], "has no parameter"),
        (["sample:cat", "--eps", "2/255", "--attack", "pdg"], "Did you mean “pgd”"),
        (["sample:cat", "--eps", "2/255", "--model", "efficientnet_lite"], "There is no model"),
        (["sample:cat", "--eps", "2/255", "--norm", "l3"], "There is no norm"),
        (["sample:cat", "--eps", "-1"], "eps"),
        (["sample:cat", "--eps", "2/255", "--seed", "-4"], "seed"),
    ],
)
def test_mistakes_are_sentences(arguments: list[str], words: str) -> None:
    result = RUNNER.invoke(app, ["attack", *arguments])
    assert isinstance(result.exception, AdvlabError)
    assert pytest.raises(AdvlabError, match=words).matches(result.exception)


def test_a_mistake_ends_with_code_two_and_no_traceback() -> None:
    command = [sys.executable, "-m", "advlab", "attack", "nowhere.jpg"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "There is no file" in result.stderr
    assert "Traceback" not in result.stderr
