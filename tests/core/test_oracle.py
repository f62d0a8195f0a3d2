"""The only door to a model: counting, cutting to the budget, keeping the best candidate."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import advlab
from advlab.core import losses
from advlab.core.attack import Objective
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle, GradientOracle, ScoreOracle
from tests.networks import Linear, Spy, pictures, wrap

SIZE = (1, 1, 2)


def classifier():
    """Two classes; the second one wins where the pixels sum to more than one."""
    spy = Spy(Linear(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([0.0, -1.0])))
    return wrap(spy, 2, SIZE), spy


def oracle(kind=ScoreOracle, x=None, *, eps=0.3, norm=Norm.LINF, objective=Objective.RADIUS, **options):
    found, spy = classifier()
    x = grey(3) if x is None else x
    goal = advlab.Untargeted(0).bind(len(x), 2, torch.zeros(len(x), dtype=torch.int64))
    radius = torch.full((len(x),), eps)
    return kind(found, x, goal, norm, radius, objective=objective, seed=0, **options), spy


def grey(count, level=0.4):
    return torch.full((count, *SIZE), level)


def point(*pixels):
    return torch.tensor(pixels).reshape(-1, *SIZE)


@settings(max_examples=40)
@given(row=st.lists(st.integers(0, 2), max_size=12), budget=st.integers(1, 5), first=st.integers(0, 3))
def test_the_budget_cuts_ragged_questions(row, budget, first):
    """The first queries of each image are granted, wherever they stand; the model sees no other."""
    o, spy = oracle(max_queries=budget)
    for _ in range(first):
        o.logits(grey(3))
    spy.forward_images = 0
    rows = torch.tensor(row, dtype=torch.int64)
    x = 0.3 + 0.2 * pictures(len(row), SIZE)
    reply = o.logits(x, rows)
    left = [max(0, budget - first)] * 3
    expected = []
    for r in row:
        expected.append(left[r] > 0)
        left[r] -= expected[-1]
    assert reply.granted.tolist() == expected
    assert o.remaining.tolist() == left
    assert spy.forward_images == sum(expected)
    assert reply.logits.shape == (len(row), 2)
    assert torch.equal(reply.logits.isnan().any(1), ~reply.granted)
    with torch.no_grad():
        torch.testing.assert_close(reply.logits[reply.granted], spy.module(x[reply.granted]))


def test_refused_gradients_are_zero_and_not_booked():
    o, spy = oracle(GradientOracle, max_queries=2)
    row = torch.tensor([0, 0, 0, 1])
    reply = o.gradient(grey(4), row, loss=losses.cross_entropy)
    assert reply.granted.tolist() == [True, True, False, True]
    assert reply.gradient[2].abs().sum() == 0
    assert bool(reply.value[2].isnan())
    assert (reply.gradient[[0, 1, 3]] != 0).all()
    assert o.ledger.gradients.tolist() == [2, 1, 0]
    assert o.ledger.queries.tolist() == [2, 1, 0]
    assert (spy.forward_images, spy.backward_images) == (3, 3)


def test_refused_decisions_reach_nothing():
    o, _ = oracle(DecisionOracle, max_queries=1)
    answer = o.decisions(point([0.7, 0.7], [0.7, 0.7]), torch.tensor([1, 1]))
    assert answer.reached.tolist() == [True, False]
    assert answer.granted.tolist() == [True, False]


def test_the_best_of_several_queries_of_one_image():
    """With a radius the largest margin wins; of equals the first; other images keep theirs."""
    o, _ = oracle()
    asked = point([0.5, 0.5], [0.7, 0.6], [0.6, 0.7], [0.45, 0.4], [0.6, 0.6])
    o.logits(asked, torch.tensor([1, 1, 1, 0, 1]))
    assert torch.equal(o.best.image[1], asked[1])
    assert torch.equal(o.best.image[0], asked[3])
    assert torch.equal(o.best.image[2], grey(1)[0])
    assert o.best.rank.tolist() == pytest.approx([-0.15, 0.3, -torch.inf])
    assert o.best.fresh.tolist() == [False, True, False]
    o.logits(asked[[4]], torch.tensor([1]))
    assert torch.equal(o.best.image[1], asked[1]), "a worse one later changes nothing"
    o.logits(point([0.7, 0.7]), torch.tensor([1]))
    assert torch.equal(o.best.image[1], point([0.7, 0.7])[0])


def test_a_minimal_search_keeps_the_smallest_that_reaches():
    o, _ = oracle(objective=Objective.MINIMAL, norm=Norm.L2, eps=torch.inf)
    o.logits(point([0.45, 0.45], [0.3, 0.3]), torch.tensor([0, 0]))
    assert torch.equal(o.best.image[0], point([0.45, 0.45])[0]), "nearest to success, before there is one"
    assert o.best_size[0] == torch.inf
    o.logits(point([0.9, 0.9], [0.6, 0.6], [0.8, 0.6], [0.41, 0.4]), torch.tensor([0, 0, 0, 0]))
    assert torch.equal(o.best.image[0], point([0.6, 0.6])[0])
    assert float(o.best_size[0]) == pytest.approx(0.2 * 2**0.5)
    o.logits(point([0.9, 0.9]), torch.tensor([0]))
    assert float(o.best_size[0]) == pytest.approx(0.2 * 2**0.5)


@pytest.mark.parametrize("pixels", [[0.9, 0.4], [0.4, 1.2], [0.701, 0.7], [float("nan"), 0.5], [float("inf"), 0.5]])
def test_inadmissible_queries_are_answered_but_are_no_candidates(pixels):
    """Outside the radius, outside the box, not a number."""
    o, _ = oracle()
    reply = o.logits(point(pixels), torch.tensor([0]))
    assert reply.granted.all()
    assert o.ledger.queries.tolist() == [1, 0, 0]
    assert torch.equal(o.best.image, grey(3))
    assert not o.best.fresh.any()


@pytest.mark.parametrize("pixels", [[0.5, 1.0001], [-0.5, 2.0], [1.5, 1.5]])
def test_outside_the_box_is_no_minimal_candidate_either(pixels):
    o, _ = oracle(objective=Objective.MINIMAL, norm=Norm.L2, eps=torch.inf)
    o.logits(point(pixels), torch.tensor([0]))
    assert torch.equal(o.best.image, grey(3))


def test_an_inadmissible_query_does_not_hide_an_admissible_one():
    """PEERS item 18: the best is kept among what may be given out, on the exact tensor that was asked."""
    o, _ = oracle()
    asked = point([0.9, 0.9], [0.65, 0.65], [0.8, 0.9])
    o.logits(asked, torch.tensor([0, 0, 0]))
    assert torch.equal(o.best.image[0], asked[1])


def test_rounding_at_the_radius_is_admitted():
    o, _ = oracle(eps=0.1 / 255)
    x = grey(3) + 0.1 / 255
    o.logits(x)
    assert torch.equal(o.best.image, x)


def test_a_wanted_margin():
    """With a confidence a smaller margin is progress, not success."""
    o, _ = oracle(objective=Objective.MINIMAL, norm=Norm.L2, eps=torch.inf, wanted_margin=0.5)
    o.logits(point([0.6, 0.6]), torch.tensor([0]))
    assert o.best_size[0] == torch.inf
    o.logits(point([0.8, 0.8]), torch.tensor([0]))
    assert o.best_size[0] < 1


def test_dropped_rows_keep_their_books():
    """After `keep` a row is another image: everything an attack reads is that image's."""
    x = torch.stack([grey(1)[0] + 0.01 * k for k in range(4)])
    o, _ = oracle(GradientOracle, x, start=x + 0.2)
    o.keep(torch.tensor([False, True, False, True]))
    assert o.rows.tolist() == [1, 3]
    assert torch.equal(o.x, x[[1, 3]])
    assert torch.equal(o.start, x[[1, 3]] + 0.2)
    o.logits(point([0.6, 0.6], [0.6, 0.6]), torch.tensor([1, 1]))
    assert o.ledger.queries.tolist() == [0, 0, 0, 2]
    assert torch.equal(o.best.image[3], point([0.6, 0.6])[0])
    o.keep(torch.tensor([False, True]))
    assert o.rows.tolist() == [3]
    assert torch.equal(o.best_image, o.best.image[[3]])
    o.gradient(o.x, loss=losses.cross_entropy)
    assert o.ledger.gradients.tolist() == [0, 0, 0, 1]


def test_labels_only_shows_labels_only():
    """What is kept may not be decided by scores that were not shown: the first of two successes stays."""
    o, _ = oracle(DecisionOracle)
    first = point([0.51, 0.51])
    o.decisions(first, torch.tensor([0]))
    o.decisions(point([0.7, 0.7]), torch.tensor([0]))
    assert torch.equal(o.best.image[0], first[0])
    assert set(o.best.rank.tolist()) <= {1.0, -1.0, -torch.inf}
    assert bool(o.latest.own.isnan().all())


def test_gradients_are_of_the_loss_of_each_query():
    o, _ = oracle(GradientOracle)
    x = 0.3 + 0.2 * pictures(3, SIZE)
    reply = o.gradient(x, loss=lambda logits, goal: logits[:, 1] * torch.tensor([1.0, 2.0, 3.0])[: len(logits)])
    torch.testing.assert_close(reply.gradient, torch.tensor([1.0, 2.0, 3.0]).reshape(3, 1, 1, 1).expand(3, *SIZE))
    assert not reply.gradient.requires_grad
    assert not reply.logits.requires_grad


def test_gradients_that_are_not_finite_become_zero_and_are_counted():
    o, _ = oracle(GradientOracle)
    bad = o.gradient(grey(3), loss=lambda logits, goal: (logits[:, 1] - logits[:, 1]).sqrt())
    assert bad.gradient.abs().sum() == 0
    assert o.ledger.zero_gradients.tolist() == [1, 1, 1]
    o.gradient(grey(3), loss=losses.cross_entropy)
    assert o.ledger.zero_gradients.tolist() == [1, 1, 1]


@pytest.mark.parametrize("chunk", [1, 2, 3, None])
def test_chunks_change_nothing(chunk):
    x = 0.3 + 0.2 * pictures(7, SIZE)
    spy = Spy(Linear(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([0.0, -1.0])))
    found = wrap(spy, 2, SIZE, execution=advlab.Execution(chunk=chunk))
    goal = advlab.Untargeted(0).bind(3, 2, torch.zeros(3, dtype=torch.int64))
    ticks = []
    o = GradientOracle(
        found, grey(3), goal, Norm.LINF, torch.full((3,), 0.3), objective=Objective.RADIUS, seed=0, max_queries=3,
        tick=lambda: ticks.append(spy.forward_images),
    )  # fmt: skip
    row = torch.tensor([0, 1, 0, 2, 0, 0, 1])
    reply = o.gradient(x, row, loss=losses.margin)
    assert reply.granted.tolist() == [True, True, True, True, True, False, True]
    torch.testing.assert_close(reply.gradient[reply.granted], torch.ones(6, *SIZE))
    assert o.ledger.queries.tolist() == [3, 2, 1]
    assert ticks[0] == 0, "Stop is asked for before the model is"
    if chunk:
        assert len(ticks) == -(-6 // chunk)
        assert ticks == [chunk * k for k in range(len(ticks))]
