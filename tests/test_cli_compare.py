"""The command that compares attacks."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from advlab.cli import app
from advlab.errors import AdvlabError

RUNNER = CliRunner()
DIGIT = ["compare", "sample:digit-7", "--model", "mnist_standard", "--norm", "l2", "--eps", "2", "--max-queries", "40"]


def test_attacks_are_compared_and_written(tmp_path: Path) -> None:
    file = tmp_path / "attacks.csv"
    attacks = ["--attack", "fgsm", "--attack", "pgd:steps=4", "--smallest", "--csv", str(file)]
    result = RUNNER.invoke(app, [*DIGIT, *attacks])
    assert result.exit_code == 0, result.output
    assert "two attacks" in result.output
    lines = file.read_text("utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["attack", "fgsm", "pgd"]
    assert "smallest_radius" in lines[0]


def test_one_that_cannot_work_does_not_disturb_the_others() -> None:
    wrong = [*DIGIT[:5], "linf", "--eps", "20/255", "--attack", "cw", "--attack", "fgsm"]
    result = RUNNER.invoke(app, wrong)
    assert result.exit_code == 0, result.output
    assert "works in L2, not in L∞" in result.output
    assert "FGSM" in result.output


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--attack", "pgdd"], "Did you mean “pgd”"),
        (["--norm", "linf"], "write 2/255"),
        (["--attack", "pgd:steps=0"], "at least 1"),
    ],
)
def test_mistakes_are_sentences(more: list[str], said: str) -> None:
    result = RUNNER.invoke(app, [*DIGIT, *more])
    assert isinstance(result.exception, AdvlabError)
    assert said in str(result.exception)
