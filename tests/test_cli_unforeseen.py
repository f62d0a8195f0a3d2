"""`python -m advlab unforeseen`, on networks and pictures that are drawn here."""

import csv

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from advlab.cli import app
from advlab.core.corruptions import KINDS
from advlab.errors import InputError, ParameterError
from advlab.evaluation.unforeseen import THREATS
from tests.models import throwaway
from tests.models.throwaway import shelf

__all__ = ["shelf"]

RUNNER = CliRunner()
CLASSES = ("stop", "give way", "no entry", "priority road")
QUICK = ("--count", "8", "--steps", "2", "--angles", "3", "--shifts", "1", "--severity", "3", "--device", "cpu")


@pytest.fixture
def data(tmp_path):
    """A folder for each class, filled with noise that the networks know nothing about."""
    generator = torch.Generator().manual_seed(0)
    for name in CLASSES:
        folder = tmp_path / "data" / "test" / name
        folder.mkdir(parents=True)
        for number in range(2):
            pixels = torch.randint(0, 256, (32, 32, 3), generator=generator, dtype=torch.uint8)
            Image.fromarray(pixels.numpy()).save(folder / f"{number}.png")
    return tmp_path / "data"


@pytest.fixture
def compare(tmp_path, data, shelf):
    throwaway.write_pair(tmp_path)
    shelf()

    def run(*options):
        return RUNNER.invoke(app, ["unforeseen", "--data", str(data), *QUICK, *options], terminal_width=120)

    return run


def test_one_row_a_network_and_one_column_a_threat(compare, tmp_path):
    file = tmp_path / "table.csv"
    both = ("--model", "try_standard", "--model", "try_pgd")
    result = compare(*both, "--csv", str(file), "--keep", str(tmp_path / "kept"), "--l2", "0.25")
    assert result.exit_code == 0, result.output
    words = " ".join(result.output.replace("│", " ").split())
    for word in ("try_standard", "try_pgd", "L∞", "L2", "L1", "all 8 test pictures", "ε = 8/255, PGD-2", "ε = 0.25"):
        assert word in words
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    threats = [*THREATS, *(f"corruptions:{kind}" for kind in KINDS)]
    assert [(row["model"], row["threat"]) for row in rows] == [
        (name, threat) for name in ("try_standard", "try_pgd") for threat in threats
    ]
    for row in rows:
        assert float(row["share"]) == pytest.approx(int(row["correct"]) / int(row["of"]), abs=1e-4)
        assert float(row["low"]) <= float(row["share"]) <= float(row["high"])
        assert (row["of"], row["pictures"]) == ("80" if row["threat"] == "corruptions" else "8", "8")
    steady = {row["threat"]: row["correct"] for row in rows if row["model"] == "try_pgd"}
    assert {steady[threat] for threat in THREATS[:5]} == {"2"}, "it always says the same, whatever is done"
    assert (tmp_path / "kept" / "try_pgd.unforeseen.l1.jsonl").is_file()


def test_what_is_wrong_is_a_sentence(compare, tmp_path):
    result = compare("--model", "try_pgd", "--csv", str(tmp_path / "none" / "table.csv"))
    assert isinstance(result.exception, InputError)
    for options, words in (
        (("--model", "nothing_like_it"), "nothing_like_it"),
        (("--model", "try_pgd", "--model", "mnist_standard"), "same kind of pictures"),
        (("--model", "try_pgd", "--eps", "much"), "no number"),
        (("--model", "try_pgd", "--severity", "9"), "1 to 5"),
    ):
        result = compare(*options)
        assert isinstance(result.exception, ParameterError | InputError), result.output
        assert words in str(result.exception)
