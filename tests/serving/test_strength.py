"""The line through a result, and a second model's view of it."""

import pytest
import torch

from advlab import models
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data.samples import sample
from advlab.serving import comparison, lab, strength
from advlab.serving.outcome import Outcome

MODEL = "efficientnet_lite0"


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    request = AttackRequest(
        picture="sample:coffee", model=MODEL, attack="pgd", norm=Norm.LINF, eps=2 / 255, parameters={"steps": 8}
    )
    return lab.run(request, sample("coffee").picture())


def shares(x: torch.Tensor) -> torch.Tensor:
    return models.load(MODEL)(x)[0].softmax(0)


def test_the_line_goes_through_the_clean_picture_and_the_one_that_was_found(outcome: Outcome) -> None:
    line = strength.line(outcome)
    clean, found = (shares(x) for x in (torch.from_numpy(outcome.clean).permute(2, 0, 1)[None] / 255,
                                        torch.from_numpy(outcome.unrounded)[None]))  # fmt: skip
    labels = models.load(MODEL).labels
    assert line.multiples[0] == 0
    assert line.multiples[-1] == strength.FURTHEST
    middle = line.multiples.index(1.0)
    for column, label in enumerate(line.labels):
        index = labels.index(label)
        assert line.shares[0][column] == pytest.approx(float(clean[index]), abs=1e-4)
        assert line.shares[middle][column] == pytest.approx(float(found[index]), abs=1e-4)
    assert line.labels[0] == outcome.before.label
    assert outcome.after.label in line.labels
    assert line.size == pytest.approx(2 / 255, rel=1e-3)


def test_the_flip_is_where_the_answer_changes(outcome: Outcome) -> None:
    line = strength.line(outcome)
    assert line.flip is not None
    assert strength.check(outcome, line.flip).opinion.index != outcome.before.index
    before = line.multiples[line.multiples.index(line.flip) - 1]
    assert strength.check(outcome, before).opinion.index == outcome.before.index


def test_a_check_is_about_exactly_this_multiple(outcome: Outcome) -> None:
    checked = strength.check(outcome, 1.0)
    assert checked.opinion.index == outcome.after.index
    assert checked.size == pytest.approx(2 / 255, rel=1e-3)
    nothing = strength.check(outcome, 0.0)
    assert nothing.opinion.label == nothing.saved.label == outcome.before.label
    assert nothing.size == 0
    assert strength.check(outcome, 99.0).size <= 4.001 / 255


def test_a_second_model_says_what_it_sees(outcome: Outcome) -> None:
    same = comparison.transfer(outcome, MODEL)
    assert not same.scaled
    assert same.fooled
    assert same.adversarial.index == outcome.after.index
    other = comparison.transfer(outcome, "efficientnet_lite1")
    assert other.scaled
    assert other.clean.label == "espresso"
