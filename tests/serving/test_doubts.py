"""Why a verdict may be wrong is said wherever the verdict is: no reader has to ask for it."""

import json
from dataclasses import replace

import pytest

from advlab.cli import output
from advlab.cli.base import console
from advlab.serving import example
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.request import CompareRequest
from advlab.serving.compare.tally import Tally
from advlab.serving.exports import files, report
from advlab.serving.outcome import Outcome

NOTE = "3 of 9 gradients were <exactly> zero [bold]: they may be masked."


@pytest.fixture
def outcome() -> Outcome:
    known = example.load()
    return replace(known, clean=known.clean.copy(), adversarial=known.adversarial.copy(), notes=(NOTE,))


def test_in_the_report_and_the_files(outcome: Outcome) -> None:
    page = report.html(outcome, "Coffee")
    assert "3 of 9 gradients were &lt;exactly&gt; zero" in page
    assert "Beware" not in report.html(replace(outcome, notes=()), "Coffee")
    assert json.loads(files.as_json(outcome))["result"]["notes"] == [NOTE]


def test_in_the_terminal(outcome: Outcome) -> None:
    with console.capture() as said:
        output.show(outcome)
    assert f"Beware. {NOTE}" in " ".join(said.get().split())


def test_in_a_comparison(outcome: Outcome) -> None:
    request = CompareRequest.checked(
        picture=outcome.request.picture, model=outcome.request.model, eps=0.1, attacks={outcome.request.attack: {}}
    )
    assert Entry(outcome.request.attack, request, outcome).sentence.endswith(NOTE)
    assert Tally(outcome.request.attack, request, (outcome, outcome)).sentence.endswith(NOTE)
