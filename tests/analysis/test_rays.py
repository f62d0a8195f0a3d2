"""Distances to the boundary along lines, against closed forms and a fine search."""

import pytest
import torch

from advlab.analysis import directions
from advlab.analysis.rays import Rays
from advlab.analysis.readings import Reader
from advlab.core import norms
from advlab.core.norms import Norm
from tests.networks import Constant, conv, linear, pictures, wrap

SIZE = (3, 6, 5)


def of(classifier, count=6, *, clip=False, seed=0):
    origin = 0.3 + 0.4 * pictures(1, SIZE, seed)[0]
    ways = torch.stack([directions.random(origin, seed, draw) for draw in range(count)])
    ways = ways / norms.per_image(norms.size(ways, Norm.L2), ways)
    clean = int(classifier(origin.unsqueeze(0)).argmax())
    return Rays(Reader(classifier, clean, clip), origin, ways)


def test_the_boundary_of_a_linear_network_is_where_it_must_be():
    classifier = linear(SIZE, 2, seed=3)
    rays = of(classifier, 20)
    clean = rays.reader.clean
    weight = classifier.module.weight
    difference = weight[clean] - weight[1 - clean]
    lead = float(rays.reader.read([rays.origin.unsqueeze(0)]).margin)
    falls = -(rays.directions.flatten(1) @ difference)
    exact = torch.where(falls > 0, lead / falls, torch.inf).double()
    exact = torch.where(exact <= 5, exact, torch.inf)
    assert 0 < exact.isfinite().sum() < 20
    torch.testing.assert_close(rays.boundary(5.0), exact, rtol=2e-3, atol=0)


@pytest.mark.parametrize("clip", [True, False])
def test_it_agrees_with_a_fine_search_within_one_percent(clip):
    rays = of(wrap(conv(SIZE, 5, gain=6.0), 5, SIZE), 12, clip=clip)
    fine = torch.linspace(0, 4, 20_001, dtype=torch.float64)
    lost = rays.along(fine).margin <= 0
    exact = torch.where(lost.any(1), fine[lost.int().argmax(1)], torch.inf)
    assert exact.isfinite().any()
    torch.testing.assert_close(rays.boundary(4.0), exact, rtol=1e-2, atol=0)


def test_a_network_that_never_changes_its_mind_has_no_boundary():
    rays = of(wrap(Constant([0.0, 1.0]), 2, SIZE), 3)
    assert rays.boundary(2.0).tolist() == [float("inf")] * 3


def test_a_picture_that_is_not_of_the_class_is_beyond_its_boundary():
    classifier = linear(SIZE, 2)
    rays = of(classifier, 2)
    wrong = Rays(Reader(classifier, 1 - rays.reader.clean), rays.origin, rays.directions)
    assert wrong.boundary(1.0).tolist() == [0, 0]


def test_numbers_along_a_ray_are_those_of_its_pictures():
    rays = of(wrap(conv(SIZE, 5), 5, SIZE), 2)
    found = rays.along(torch.tensor([0.0, 0.5, 1.0]))
    one = rays.reader.read([(rays.origin + 0.5 * rays.directions[1]).unsqueeze(0)])
    assert found.loss.shape == (2, 3)
    torch.testing.assert_close(found.loss[1, 1], one.loss[0])
    assert found.loss[0, 0] == pytest.approx(float(found.loss[1, 0]))


def test_gradients_point_where_they_say():
    classifier = wrap(conv(SIZE, 5), 5, SIZE)
    image = 0.3 + 0.4 * pictures(1, SIZE)[0]
    clean = int(classifier(image.unsqueeze(0)).argmax())
    other = (clean + 1) % 5
    away, towards = directions.away(classifier, image, clean), directions.towards(classifier, image, other)

    def probability(step, index):
        moved = image + 1e-3 * step / step.norm()
        return float(classifier(moved.unsqueeze(0)).softmax(1)[0, index])

    assert probability(away, clean) < probability(-away, clean)
    assert probability(towards, other) > probability(-towards, other)


def test_random_directions_belong_to_picture_and_seed():
    one, two = pictures(2, SIZE)
    first = directions.random(one, 0)
    assert torch.equal(first, directions.random(one, 0))
    for another in (directions.random(one, 1), directions.random(one, 0, 1), directions.random(two, 0)):
        assert not torch.equal(first, another)
    assert directions.random(one, 0, signs=True).abs().tolist() == torch.ones(SIZE).tolist()
