"""The keyed stream: it looks random, and it belongs to the picture."""

import math

import pytest
import torch

from advlab.core.randomness import Noise, _mix, _mix_signed, _mixed, picture_digest
from tests.networks import pictures

COUNT = 20_000


@pytest.fixture(scope="module")
def noise():
    return Noise.of(3, pictures(6, (3, 4, 5)))


def standard_scores(values):
    """Deviations of the first four moments from a standard normal's, in standard errors."""
    n = values.numel()
    v = values.double().flatten()
    expected = ((0, 1), (1, 2), (0, 15), (3, 96))  # moments and their variances
    return [abs(float((v ** (k + 1)).mean()) - mean) / math.sqrt(var / n) for k, (mean, var) in enumerate(expected)]


def test_uniform_is_uniform(noise):
    values = noise.uniform((COUNT,))
    assert values.dtype == torch.float32
    assert values.min() >= 0
    assert values.max() < 1
    for row in values:
        counts = torch.histc(row, 50, 0, 1)
        chi = float(((counts - COUNT / 50) ** 2 / (COUNT / 50)).sum())
        assert chi < 49 + 5 * math.sqrt(98)
        assert abs(float(row.mean()) - 0.5) < 5 / math.sqrt(12 * COUNT)
        assert abs(float(row.var()) - 1 / 12) < 0.005


def test_normal_is_normal(noise):
    values = noise.normal((COUNT,))
    assert bool(values.isfinite().all())
    for row in values:
        assert max(standard_scores(row)) < 5
        inside = float((row.abs() < 1).float().mean())
        assert inside == pytest.approx(0.6827, abs=0.02)
    assert values.abs().max() > 3.5, "the tails are there"


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_nothing_is_correlated(noise, kind):
    """Between pictures, steps, draws, seeds, neighbours, and the two halves of Box and Muller's pairs."""
    x = pictures(6, (3, 4, 5))

    def draw(stream, number=0):
        values = getattr(stream, kind)((COUNT,), number).double()
        return (values - values.mean(1, keepdim=True)) / values.std(1, keepdim=True)

    first = draw(noise)
    limit = 5 / math.sqrt(COUNT)
    between = first @ first.T / COUNT - torch.eye(6)
    assert between.abs().max() < limit
    half = COUNT // 2
    assert (first[:, :half] * first[:, half:]).mean(1).abs().max() < limit * math.sqrt(2)
    assert (first[:, 1:] * first[:, :-1]).mean(1).abs().max() < limit
    # Normals of a pair are uncorrelated but could depend on each other through their squares.
    squares = first.square() - first.square().mean(1, keepdim=True)
    assert (squares[:, :half] * squares[:, half:]).mean(1).abs().max() < 4 * limit * math.sqrt(2)
    for other in (noise.at(1), noise.at(2), noise.at(-1), Noise.of(4, x), Noise.of(2**40, x)):
        assert (first @ draw(other).T / COUNT).abs().max() < limit
    for number in (1, 2, 7, 100):
        assert (first @ draw(noise, number).T / COUNT).abs().max() < limit
    # Step s with draw d is not step d with draw s.
    assert (draw(noise.at(1), 2) @ draw(noise.at(2), 1).T / COUNT).abs().max() < limit


def test_many_streams_are_all_different():
    """First numbers of all pairs of step and draw."""
    noise = Noise.of(0, pictures(2, (1, 2, 2)))
    first = torch.stack([noise.at(s).integers(torch.full((2,), 2**60), d) for s in range(-1, 60) for d in range(60)])
    assert len(first.flatten().unique()) == first.numel()


def test_independent_of_batch_and_order(noise):
    """The same picture, the same numbers, to the bit: wherever it stands."""
    x = pictures(6, (3, 4, 5))
    whole = noise.normal((3, 4, 5))
    order = torch.tensor([4, 0, 5, 2, 2])
    assert torch.equal(Noise.of(3, x[order]).normal((3, 4, 5)), whole[order])
    assert torch.equal(noise.take(order).normal((3, 4, 5)), whole[order])
    assert torch.equal(noise.take(torch.arange(6) > 3).normal((3, 4, 5)), whole[4:])
    for k in range(6):
        assert torch.equal(Noise.of(3, x[[k]]).normal((3, 4, 5)), whole[[k]])


def test_a_step_or_a_draw_for_each_row(noise):
    """Ragged batches: rows at different steps, many draws of one row."""
    steps = torch.tensor([0, 3, 1, 3, 2, 0])
    mixed = noise.at(steps).uniform((7,))
    for k, step in enumerate(steps.tolist()):
        assert torch.equal(mixed[k], noise.at(step).uniform((7,))[k])
    rows, draws = torch.tensor([0, 0, 0, 2, 5]), torch.tensor([0, 1, 2, 0, 9])
    many = noise.at(steps).take(rows).normal((7,), draws)
    for k, (row, number) in enumerate(zip(rows.tolist(), draws.tolist(), strict=True)):
        assert torch.equal(many[k], noise.at(int(steps[row])).normal((7,), number)[row])


def test_a_longer_draw_begins_like_a_shorter_one_does_not_matter_but_shapes_do_not(noise):
    """The same count in another shape is the same numbers."""
    assert torch.equal(noise.uniform((3, 4, 5)).flatten(1), noise.uniform((60,)))
    assert noise.normal((7,)).shape == (6, 7), "odd counts work"
    assert noise.uniform((1,)).shape == (6, 1)


def test_integers_are_in_bounds_and_unbiased():
    noise = Noise(torch.arange(30_000, dtype=torch.int64) * 104_729)
    for high in (1, 2, 3, 7, 10):
        values = noise.integers(torch.full((30_000,), high), draw=high)
        assert values.min() == 0
        assert values.max() == high - 1
        counts = torch.bincount(values, minlength=high)
        expected = 30_000 / high
        assert float(((counts - expected) ** 2 / expected).sum()) < (high - 1) + 6 * math.sqrt(2 * high)
    ragged = torch.arange(30_000) % 9 + 1
    assert bool((noise.integers(ragged) < ragged).all())


def test_digests_name_pictures():
    x = pictures(3, (3, 4, 5))
    assert len({picture_digest(image) for image in x}) == 3
    assert picture_digest(x[0]) == picture_digest(x[0].double())
    assert picture_digest(x[0]) == picture_digest(x[[0]].expand(2, -1, -1, -1)[1])
    changed = x[0].clone()
    changed[0, 0, 0] += 1e-6
    assert picture_digest(changed) != picture_digest(x[0])
    assert -(2**63) <= picture_digest(x[0]) < 2**63


@pytest.mark.parametrize("seed", [0, 1, 2**62, 2**63 - 1])
def test_every_seed_works(seed):
    noise = Noise.of(seed, pictures(2, (1, 4, 4)))
    assert 0.3 < float(noise.uniform((500,)).mean()) < 0.7


def test_three_ways_to_mix_are_one():
    """By NumPy, by PyTorch as on a GPU, and of one number."""
    words = torch.randint(-(2**63), 2**63 - 1, (1000,), generator=torch.Generator().manual_seed(0))
    words[:4] = torch.tensor([0, -1, 2**63 - 1, -(2**63)])
    mixed = _mix(words.clone())
    assert torch.equal(mixed, _mix_signed(words.clone()))
    assert mixed.tolist() == [_mixed(word) for word in words.tolist()]
