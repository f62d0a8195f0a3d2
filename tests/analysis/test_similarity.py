"""Explanations compared: known values, and maps in which there is nothing to compare."""

from itertools import pairwise

import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from advlab.analysis.attribution import Attribution
from advlab.analysis.similarity import common_scale, important, likeness, places
from advlab.errors import InputError, ParameterError
from tests.networks import pictures


def signed(values):
    return Attribution(torch.as_tensor(values, dtype=torch.float32), signed=True)


def unsigned(values):
    return Attribution(torch.as_tensor(values, dtype=torch.float32), signed=False)


def random(seed, size=(3, 12, 10)):
    return pictures(1, size, seed, low=-1)[0]


def test_channels_are_summed_with_their_signs_or_without():
    values = torch.tensor([[[1.0, -2.0]], [[-1.0, -3.0]]])
    assert places(signed(values)).tolist() == [[0.0, -5.0]]
    assert places(unsigned(values)).tolist() == [[2.0, 5.0]]
    assert places(signed(values[:1])).tolist() == [[1.0, -2.0]]


@pytest.mark.parametrize("kind", [signed, unsigned])
@pytest.mark.parametrize("size", [(3, 12, 10), (1, 12, 10), (1, 2, 2)])
def test_an_explanation_is_like_itself(kind, size):
    one = kind(random(0, size))
    found = likeness(one, one)
    assert found.rank == pytest.approx(1)
    assert found.overlap == 1
    assert found.ssim == pytest.approx(1)


def test_it_is_what_the_libraries_say_of_the_summed_maps():
    one, other = random(0), random(1)
    found = likeness(signed(one), signed(other))
    a, b = one.sum(0), other.sum(0)
    assert found.rank == pytest.approx(float(spearmanr(a.flatten(), b.flatten()).statistic))
    scale = torch.cat([a.abs().flatten(), b.abs().flatten()]).quantile(0.98)
    drawn = [(each / scale).clamp(-1, 1).double().numpy() for each in (a, b)]
    assert found.ssim == pytest.approx(float(structural_similarity(*drawn, data_range=2)), abs=1e-4)


def test_the_same_shape_in_another_size_looks_different_and_ranks_the_same():
    one = random(0).abs()
    found = likeness(unsigned(one), unsigned(3 * one))
    assert found.rank == pytest.approx(1)
    assert found.overlap == 1
    assert found.ssim < 0.9


def test_the_most_important_places_that_both_have():
    one = torch.arange(20.0).reshape(1, 4, 5)
    other = one.clone()
    other[0, 3, 4] = 0.5  # the most important one is lost
    found = likeness(unsigned(one), unsigned(other), share=0.2)
    assert found.overlap == 3 / 4
    assert found.chance == 0.2


def test_what_speaks_against_is_important_too_unless_signs_mean_nothing():
    one = torch.tensor([[[5.0, 1.0, 0.5, 0.1]]])
    against = torch.tensor([[[-5.0, 1.0, 0.5, 0.1]]])
    assert likeness(signed(one), signed(against), share=0.25).overlap == 1
    assert likeness(signed(one), signed(against)).rank == pytest.approx(-0.2)
    assert likeness(unsigned(one), signed(against)).rank == pytest.approx(1)


def test_chance_is_what_chance_gives():
    every = [random(seed) for seed in range(40)]
    found = [likeness(unsigned(one), unsigned(other)) for one, other in pairwise(every)]
    assert sum(each.overlap for each in found) / len(found) == pytest.approx(found[0].chance, abs=0.03)


def test_empty_places_are_never_important():
    sparse = torch.zeros(1, 10, 10)
    sparse[0, 2, 3] = sparse[0, 4, 4] = 1
    assert int(important(sparse[0]).sum()) == 2
    assert likeness(unsigned(sparse), unsigned(sparse)).overlap == 1
    full = likeness(unsigned(sparse), unsigned(random(0, (1, 10, 10))))
    assert full.overlap <= 0.2
    assert full.chance == 0.02


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_a_map_that_is_the_same_everywhere_ranks_nothing(value):
    flat, other = torch.full((1, 8, 8), value), random(0, (1, 8, 8))
    for pair in ((flat, other), (other, flat), (flat, flat)):
        found = likeness(*map(unsigned, pair))
        assert found.rank is None
        assert found.overlap is None
    assert likeness(unsigned(flat), unsigned(flat)).ssim == pytest.approx(1)
    assert likeness(unsigned(flat), unsigned(other)).ssim < 0.5


def test_the_scale_is_of_all_maps_and_never_nothing():
    one, other = torch.zeros(10, 10), torch.full((10, 10), -2.0)
    assert common_scale(one, other) == 2
    assert common_scale(other) == 2
    one[0, 0] = -3
    assert common_scale(one) == 3  # the percentile is 0
    assert common_scale(torch.zeros(4, 4)) == 1
    ramp = torch.arange(101.0).reshape(1, 101)
    assert common_scale(ramp) == pytest.approx(98)


def test_impossible_comparisons_are_a_sentence():
    with pytest.raises(InputError, match="same size"):
        likeness(unsigned(random(0, (1, 4, 4))), unsigned(random(0, (1, 4, 5))))
    with pytest.raises(ParameterError, match="share"):
        likeness(unsigned(random(0)), unsigned(random(1)), share=0.0)
