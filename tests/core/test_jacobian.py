"""Several gradients of one forward pass: what autograd says, counted, within the budget."""

import pytest
import torch

from advlab.core.attack import Objective
from advlab.core.goals import Untargeted
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)


def oracle(count, **options):
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier = wrap(spy, 4, SIZE)
    x = pictures(count, SIZE, dtype=torch.float64)
    goal = Untargeted(torch.zeros(count, dtype=torch.int64))
    eps = x.new_ones(count)
    return GradientOracle(classifier, x, goal, Norm.L2, eps, objective=Objective.MINIMAL, seed=0, **options), x, spy


def test_it_is_autograds():
    o, x, _ = oracle(3)
    classes = torch.tensor([[2, 0], [1, 3], [3, 3]])
    reply = o.jacobian(x, classes)
    for row, of in enumerate(classes):
        for place, k in enumerate(of):
            exact = torch.autograd.functional.jacobian(lambda one: o._classifier(one)[0, k], x[row : row + 1])  # noqa: B023
            torch.testing.assert_close(reply.gradients[row, place], exact[0])
    assert o.ledger.queries.tolist() == [1, 1, 1]
    assert o.ledger.gradients.tolist() == [2, 2, 2]


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_chunks_and_budgets_keep_rows_and_classes_together(chunk):
    """Queries beyond the budget get zeros; each of the others its own classes, however the batch is cut."""
    o, x, spy = oracle(3, max_queries=1)
    o._classifier = o._classifier.with_execution(type(o._classifier.execution)(chunk=chunk))
    row = torch.tensor([0, 0, 1, 2])
    classes = torch.tensor([[0], [1], [2], [3]])
    reply = o.jacobian(x[row], classes, row)
    assert reply.granted.tolist() == [True, False, True, True]
    assert spy.backward_images == 3
    fresh, _, _ = oracle(3)
    whole = fresh.jacobian(x, torch.tensor([[0], [2], [3]]))
    torch.testing.assert_close(reply.gradients[[0, 2, 3]], whole.gradients)
    assert not reply.gradients[1].any()
    assert reply.logits[1].isnan().all()
    assert not o.jacobian(x, classes[:3]).granted.any()
