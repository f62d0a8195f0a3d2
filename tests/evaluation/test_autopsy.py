"""Masking laid open: on logits that saturate, on a staircase, and on a network that hides nothing."""

from dataclasses import replace

import numpy as np
import pytest

from advlab.evaluation.autopsy import USUAL, examine
from advlab.evaluation.contender import contender
from advlab.evaluation.running import Running
from tests.evaluation.drawn import BUDGET, digits


def examined(key, **parameters):
    base, data = digits()
    return list(examine(contender(key, base, parameters), data, BUDGET))


@pytest.fixture(scope="module")
def saturated():
    return examined("scaled_logits")


def test_findings_arrive_one_by_one(saturated):
    assert saturated[0].lines is None
    assert [len(one.stages) for one in saturated] == [0, 0, 1, 2, 3, 4, 5, 6]


def test_saturated_logits_look_robust_and_are_not(saturated):
    found = saturated[-1]
    assert found.gradients.dead.correct > 0
    assert found.bare.dead.correct < found.gradients.dead.correct
    assert np.median(found.gradients.leads) == pytest.approx(1000 * np.median(found.bare.leads), rel=1e-3)
    left = {stage.name: stage.left.correct for stage in found.stages}
    assert left["Clean"] == 10
    assert left[USUAL] >= 6
    assert left["A loss that cannot saturate"] == 0
    assert found.apparent.correct == left[USUAL]


def test_a_staircase_is_gone_around():
    found = examined("rounded_logits")[-1]
    left = [stage.left.correct for stage in found.stages]
    assert left == sorted(left, reverse=True)
    names = [stage.name for stage in found.stages]
    assert left[names.index("A loss that cannot saturate")] >= 6
    assert left[names.index("Around the defense")] == 0
    steps = np.diff(found.lines.along)
    assert (steps == 0).any()


def test_no_masking_where_there_is_none():
    found = examined("none")[-1]
    assert found.gradients.dead.correct == found.bare.dead.correct
    assert found.apparent.correct <= 1
    assert found.lines.along[-1] > found.lines.random[:, -1].max()
    assert found.lines.lengths[-1] == pytest.approx(2 * BUDGET.eps)


def test_it_stops():
    base, data = digits()
    found = list(examine(contender("none", base), data, replace(BUDGET, steps=200), Running(should_stop=lambda: True)))
    assert len(found[-1].stages) == 1
