"""`python -m advlab models --verify`, on a network and pictures that are drawn here."""

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from advlab import models
from advlab.cli import app
from advlab.data import sets
from advlab.errors import ParameterError
from advlab.evaluation.robustness import robust_accuracy
from advlab.evaluation.testset import as_named, choose
from tests.models import throwaway
from tests.models.throwaway import shelf

__all__ = ["shelf"]

RUNNER = CliRunner()
NAME = "try_pgd"
CLASSES = ("stop", "give way", "no entry", "priority road")
PGD = {"steps": 3, "restarts": 2}
EPS = 4 / 255


@pytest.fixture
def data(tmp_path):
    """A folder for each class, filled with noise that the network knows nothing about."""
    generator = torch.Generator().manual_seed(0)
    for name in CLASSES:
        folder = tmp_path / "data" / "test" / name
        folder.mkdir(parents=True)
        for number in range(10):
            pixels = torch.randint(0, 256, (32, 32, 3), generator=generator, dtype=torch.uint8)
            Image.fromarray(pixels.numpy()).save(folder / f"{number}.png")
    return tmp_path / "data"


@pytest.fixture
def truth(tmp_path, data, shelf):
    """What is to be found, by a second network of the same weights: the card's numbers when they are right."""
    (tmp_path / "other").mkdir()
    throwaway.write(tmp_path / "other", "other_pgd", throwaway.weights(1), results={}, twin=None)
    shelf(tmp_path / "other")
    classifier = models.load("other_pgd", "cpu")
    split = as_named(sets.read(data, "test"), CLASSES)
    clean = choose(split, 40)
    answers = classifier(clean.floats(slice(None))).argmax(1)
    found = robust_accuracy(classifier, choose(split, 30), norm="linf", eps=EPS, **PGD)
    assert 0 < found.robust.correct < found.clean.correct
    return {
        "clean": {"correct": int((answers == clean.labels).sum()), "of": 40},
        "pgd": {"correct": found.robust.correct, "of": 30, **PGD},
    }


@pytest.fixture
def verify(tmp_path, data, shelf):
    def run(results, *options):
        throwaway.write(tmp_path, NAME, throwaway.weights(1), results=results, twin=None, eps=EPS)
        shelf()
        return RUNNER.invoke(app, ["models", "--verify", NAME, "--data", str(data), "--device", "cpu", *options])

    return run


def test_numbers_that_are_true_agree(truth, verify, tmp_path):
    result = verify({**truth, "autoattack": {"correct": 3, "of": 10, "version": "official"}}, "--keep", str(tmp_path))
    assert result.exit_code == 0, result.output
    words = " ".join(result.output.replace("│", " ").split())
    assert words.count("agrees") == 2
    assert "differs" not in words
    assert "left alone" in words
    assert "--autoattack" in words
    assert f"{truth['clean']['correct'] / 40:.1%}" in words
    assert "all 40 test pictures" in words
    assert "30 of 40 test pictures, drawn with seed 0" in words
    assert (tmp_path / f"{NAME}.pgd.jsonl").is_file()


@pytest.mark.parametrize("wrong", ["clean", "pgd"])
def test_a_number_that_is_not_true_is_found(truth, verify, wrong):
    of = truth[wrong]["of"]
    claimed = 0 if truth[wrong]["correct"] > of / 2 else of
    result = verify({**truth, wrong: {**truth[wrong], "correct": claimed}})
    assert result.exit_code == 1, result.output
    assert "differs" in result.output
    assert result.output.count("agrees") == 1


def test_what_is_missing_is_a_sentence(truth, verify):
    result = verify({})
    assert isinstance(result.exception, ParameterError)
    assert "no numbers on the card" in str(result.exception)
    for arguments, words in (
        (["--verify", "efficientnet_lite0", "--data", "x"], "trained here"),
        (["--verify", NAME], "no numbers"),
    ):
        result = RUNNER.invoke(app, ["models", *arguments])
        assert isinstance(result.exception, ParameterError)
        assert words in str(result.exception)


def test_no_data_is_a_sentence(truth, tmp_path, shelf):
    throwaway.write(tmp_path, NAME, results=truth, twin=None)
    shelf()
    result = RUNNER.invoke(app, ["models", "--verify", NAME])
    assert isinstance(result.exception, ParameterError)
    assert "--data" in str(result.exception)
