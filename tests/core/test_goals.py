"""Goals and margins: one definition of success."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from advlab import Targeted, Untargeted
from advlab.core import losses
from advlab.errors import ParameterError

LOGITS = torch.tensor([[3.0, 1.0, 2.0], [0.0, 0.0, -1.0], [-5.0, -4.0, -9.0]])


def bound(goal, logits=LOGITS):
    return goal.bind(len(logits), logits.shape[1], logits.argmax(1))


def test_margins_by_hand():
    assert bound(Untargeted(0)).margin(LOGITS).tolist() == [-1, 0, 1]
    assert bound(Targeted(0)).margin(LOGITS).tolist() == [1, 0, -1]
    assert bound(Untargeted([2, 2, 2])).margin(LOGITS).tolist() == [1, 1, 5]
    assert bound(Untargeted()).margin(LOGITS).tolist() == [-1, 0, -1]


def test_a_tie_is_no_success():
    """argmax takes the first of equals, and would call it one or not by the order of classes."""
    tie = torch.tensor([[1.0, 1.0]])
    for goal in (Untargeted(0), Untargeted(1), Targeted(0), Targeted(1)):
        assert not bool(bound(goal, tie).margin(tie) > 0)


@pytest.mark.parametrize(
    "logits",
    [[math.nan, 1.0, 0.0], [1.0, math.nan, 0.0], [math.nan] * 3, [math.inf, math.inf, 0.0], [-math.inf] * 3],
)
@pytest.mark.parametrize("goal", [Untargeted(0), Targeted(0)], ids=["untargeted", "targeted"])
def test_no_number_is_no_success(goal, logits):
    logits = torch.tensor([logits])
    assert bound(goal, logits).margin(logits).tolist() == [-math.inf]


def test_two_classes():
    logits = torch.tensor([[0.25, 1.0]])
    assert bound(Untargeted(1), logits).margin(logits).tolist() == [-0.75]
    assert bound(Targeted(0), logits).margin(logits).tolist() == [-0.75]


@given(
    rows=st.lists(st.lists(st.floats(-1e3, 1e3, width=32), min_size=4, max_size=4), min_size=1, max_size=4),
    index=st.integers(0, 3),
    shift=st.floats(-100, 100),
)
def test_margin_properties(rows, index, shift):
    logits = torch.tensor(rows, dtype=torch.float64)
    leave, reach = bound(Untargeted(index), logits), bound(Targeted(index), logits)
    assert torch.equal(leave.margin(logits), -reach.margin(logits))
    torch.testing.assert_close(leave.margin(logits + shift), leave.margin(logits), rtol=0, atol=1e-9)
    others = logits[:, [k for k in range(4) if k != index]].amax(1)
    assert torch.equal(leave.margin(logits) > 0, others > logits[:, index])


def test_taking_rows():
    goal = bound(Targeted([0, 1, 2]))
    assert goal.take(torch.tensor([2, 0])).index.tolist() == [2, 0]
    assert goal.take(torch.tensor([True, False, True])).index.tolist() == [0, 2]
    assert goal.take(slice(1, 3)).index.tolist() == [1, 2]
    assert goal.take(slice(1, 3)).targeted
    assert isinstance(goal.take(slice(0, 1)), Targeted)


def test_binding_copies_and_checks():
    classes = torch.tensor([0, 1, 2])
    goal = bound(Untargeted(classes))
    classes[0] = 2
    assert goal.index.tolist() == [0, 1, 2]
    with pytest.raises(TypeError):
        _ = Untargeted().index
    for wrong in ([0, 1], 3, -1, [[0, 1, 2]]):
        with pytest.raises(ParameterError):
            bound(Untargeted(wrong))


def test_losses_climb_towards_the_goal():
    """Larger is better for the attacker, whichever the goal; a row's loss is its own."""
    logits = LOGITS.double()
    leave, reach = bound(Untargeted(0), logits), bound(Targeted(0), logits)
    p = logits.softmax(1)[:, 0]
    torch.testing.assert_close(losses.cross_entropy(logits, leave), -p.log())
    torch.testing.assert_close(losses.cross_entropy(logits, reach), p.log())
    assert torch.equal(losses.margin(logits, leave), leave.margin(logits))
    alone = losses.cross_entropy(logits[[1]], leave.take(slice(1, 2)))
    torch.testing.assert_close(alone, losses.cross_entropy(logits, leave)[[1]])


def test_log_odds_rank_as_probabilities_do_and_do_not_round_away():
    logits = LOGITS.double()
    leave, reach = bound(Untargeted(0), logits), bound(Targeted(0), logits)
    p = logits.softmax(1)[:, 0]
    torch.testing.assert_close(losses.log_odds(logits, leave), ((1 - p) / p).log())
    torch.testing.assert_close(losses.log_odds(logits, reach), (p / (1 - p)).log())
    sure = torch.tensor([[200.0, 0.0, 0.0], [200.0, 0.0, -1.0]])
    assert sure.softmax(1)[:, 0].tolist() == [1, 1]
    first, second = losses.log_odds(sure, bound(Untargeted(0), sure))
    assert first > second


@pytest.mark.parametrize("lead", [5.0, 30.0, 200.0])
@pytest.mark.parametrize("goal", [Untargeted(0), Targeted(0)], ids=["untargeted", "targeted"])
def test_cross_entropy_keeps_its_direction(goal, lead):
    """However sure the network is: up in the others by their shares, down in the class by the same amount."""
    logits = torch.tensor([[lead, 0.0, math.log(3.0)]], requires_grad=True)
    losses.cross_entropy(logits, bound(goal, logits)).sum().backward()
    gradient = logits.grad[0] / logits.grad[0].abs().max()
    sign = -1 if goal.targeted else 1
    torch.testing.assert_close(gradient, sign * torch.tensor([-1.0, 0.25, 0.75]))
