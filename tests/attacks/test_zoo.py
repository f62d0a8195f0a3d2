"""ZOO: which values it moves, and how near to a plane it comes."""

import torch

import advlab
from tests.closed_form import distance
from tests.networks import Spy, linear, pictures, wrap

SIZE = (1, 4, 5)


def test_only_the_values_that_were_asked_about_move():
    """The first step of Adam moves each of them by the rate, whatever its slope."""
    classifier, x = linear(SIZE, 2, 1), pictures(2, SIZE, 4, low=0.4, high=0.6)
    spy = Spy(classifier.module)
    asked = spy.remember()
    advlab.attack(
        wrap(spy, 2, SIZE), x, "zoo", coordinates=3, steps=2, search_steps=1, step_size=0.02, initial_const=100.0
    )
    first, second = asked[1].reshape(2, 7, *SIZE), asked[2].reshape(2, 7, *SIZE)
    assert torch.equal(first[:, 0], x)
    probed = (first != x.unsqueeze(1)).any(1)
    moved = second[:, 0] - x
    assert torch.equal(moved != 0, probed)
    assert probed.flatten(1).sum(1).tolist() == [3, 3]
    torch.testing.assert_close(moved[probed].abs(), torch.full((6,), 0.02), rtol=0, atol=1e-4)


def test_it_comes_near_a_plane():
    classifier, x = linear(SIZE, 2, 1), pictures(3, SIZE, 4, low=0.3, high=0.7)
    r = advlab.attack(classifier, x, "zoo", coordinates=20, steps=40, search_steps=2, step_size=0.02, initial_const=1.0)
    exact = distance(classifier, x, "l2")
    assert r.success.all()
    ratio = r.norms["l2"] / exact
    assert ratio.min() > 0.999
    assert ratio.max() < 1.15


def test_more_values_than_there_are():
    classifier, x = linear((1, 1, 2), 2, 1), pictures(2, (1, 1, 2), 4)
    r = advlab.attack(classifier, x, "zoo", steps=3, search_steps=1, early_stop=False)
    assert r.queries.max() <= 3 * 5 + 14
