"""SimBA: its basis, its questions, and planes."""

import pytest
import torch

import advlab
from advlab.core.norms import Norm, size
from advlab.core.randomness import Noise
from tests.closed_form import distance
from tests.networks import Constant, Spy, linear, pictures, wrap

KIND = advlab.attacks.available()["simba"]


@pytest.mark.parametrize("basis", ["pixel", "dct"])
@pytest.mark.parametrize("shape", [(1, 4, 4), (2, 3, 5), (1, 1, 1)])
def test_the_basis_is_orthonormal(basis, shape):
    count = shape[0] * shape[1] * shape[2]
    like = torch.zeros(count, *shape, dtype=torch.float64)
    vectors = KIND(basis=basis)._directions(torch.arange(count), like).flatten(1)
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(count, dtype=torch.float64))


def test_coarse_waves_come_first():
    """Bands of two frequencies on an axis: 2 × 2 of them in any order, then the rest of 4 × 4, and so on."""
    x = pictures(3, (1, 8, 8))
    order = KIND(frequencies=0.25)._order(Noise.of(0, x), x)
    band = torch.maximum(order // 8, order % 8) // 2
    assert torch.equal(band, band.sort(1).values)
    assert band[0].bincount().tolist() == [4, 12, 20, 28]
    assert all(torch.equal(row.sort().values, torch.arange(64)) for row in order)
    assert not torch.equal(order[0], order[1])


def asked_of_a_flat_network(x, steps, **options):
    spy = Spy(Constant([1.0, 0.0]))
    asked = spy.remember()
    advlab.attack(wrap(spy, 2, tuple(x.shape[1:])), x, "simba", steps=steps, **options)
    return asked[1 : steps + 1]


def test_each_direction_is_tried_on_both_sides_and_only_once_a_round():
    """On a flat network nothing is kept: from the clean image by a step up, then by a step down."""
    x = pictures(1, (1, 3, 2), low=0.4, high=0.6)
    clean, *asked = asked_of_a_flat_network(x, 25, basis="pixel", step_size=0.2)
    assert torch.equal(clean, x)
    deltas = torch.stack(asked)[:, 0, 0] - x[0, 0]
    torch.testing.assert_close(size(deltas.unsqueeze(1), Norm.L2), torch.full((24,), 0.2))
    torch.testing.assert_close(deltas[::2], -deltas[1::2])
    places = deltas[::2].flatten(1).argmax(1)
    assert sorted(places[:6].tolist()) == sorted(places[6:].tolist()) == list(range(6))


def test_a_step_into_the_wall_is_not_asked():
    x = torch.tensor([0.0, 1.0, 1.0]).reshape(1, 1, 1, 3)
    asked = asked_of_a_flat_network(x, 7, basis="pixel", step_size=0.2)
    moved = [image for image in asked if not torch.equal(image, x)]
    assert len(moved) == 3


@pytest.mark.parametrize("basis", ["pixel", "dct"])
@pytest.mark.parametrize("targeted", [False, True])
def test_it_reaches_a_plane(basis, targeted):
    shape = (1, 4, 5)
    classifier, x = linear(shape, 2, 1), pictures(5, shape, 4, low=0.3, high=0.7)
    with torch.no_grad():
        goal = advlab.Targeted(1 - classifier(x).argmax(1)) if targeted else None
    r = advlab.attack(classifier, x, "simba", goal=goal, step_size=0.05, basis=basis, steps=200)
    exact = distance(classifier, x, "l2")
    assert r.success.all()
    assert (r.norms["l2"] / exact).min() > 0.999
    assert (r.norms["l2"] / exact).median() < 2


def test_it_ends_with_the_first_success_and_a_bisection():
    shape = (1, 4, 5)
    classifier, x = linear(shape, 2, 1), pictures(3, shape, 4, low=0.3, high=0.7)
    r = advlab.attack(classifier, x, "simba", basis="pixel", step_size=0.2)
    assert r.success.all()
    assert r.queries.max() < 100


def test_many_rivals_count_and_not_the_strongest_alone():
    """More light lifts a hundred rivals and sinks the strongest one a little: the odds rise, the margin falls."""

    class Crowd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = torch.nn.Parameter(torch.tensor([9.0, 1.0] + [0.0] * 100))
            self.slope = torch.nn.Parameter(torch.tensor([0.0, -0.1] + [0.5] * 100))

        def forward(self, x):
            return self.bias + x.flatten(1) * self.slope

    spy = Spy(Crowd())
    asked = spy.remember()
    x = torch.full((1, 1, 1, 1), 0.3)
    advlab.attack(wrap(spy, 102, (1, 1, 1)), x, "simba", basis="pixel", step_size=0.2, steps=5)
    seen = [round(float(image), 2) for image in asked[1:5]]
    assert seen == [0.3, 0.5, 0.7, 0.9]
