"""Geometry of the norms: two pixels by hand, and properties over random points."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from advlab.core import norms
from advlab.core.boundary import between
from advlab.core.norms import Norm
from advlab.core.randomness import Noise
from advlab.errors import ThreatError
from tests.networks import pictures

BALLS = [Norm.LINF, Norm.L2, Norm.L1]


def two(*pixels):
    return torch.tensor(pixels).reshape(-1, 1, 1, 2)


def test_sizes_by_hand():
    delta = two([0.3, -0.4], [0.0, -0.5], [0.0, 0.0])
    assert norms.size(delta, Norm.LINF).tolist() == pytest.approx([0.4, 0.5, 0])
    assert norms.size(delta, Norm.L2).tolist() == pytest.approx([0.5, 0.5, 0])
    assert norms.size(delta, Norm.L1).tolist() == pytest.approx([0.7, 0.5, 0])
    assert norms.size(delta, Norm.L0).tolist() == [2, 1, 0]


def test_l0_counts_pixels_not_values():
    delta = torch.zeros(1, 3, 2, 2)
    delta[0, :, 0, 1] = 0.1
    delta[0, 2, 1, 1] = -0.2
    assert norms.size(delta, Norm.L0).tolist() == [2]


def test_projections_by_hand():
    clean, eps = two([0.5, 0.5], [0.95, 0.5], [0.5, 0.5]), torch.tensor([0.1, 0.1, 0.5])
    points = two([0.9, 0.55], [1.3, 0.0], [0.5, 0.5])
    linf = norms.project(points, clean, Norm.LINF, eps)
    torch.testing.assert_close(linf, two([0.6, 0.55], [1.0, 0.4], [0.5, 0.5]))
    points = two([0.8, 0.9], [0.98, 0.54], [0.5, 0.5])  # (0.3, 0.4) away: cut to (0.06, 0.08); inside; at rest
    l2 = norms.project(points, clean, Norm.L2, eps)
    torch.testing.assert_close(l2, two([0.56, 0.58], [0.98, 0.54], [0.5, 0.5]))


def test_l2_projection_is_clamped_to_the_box_afterwards():
    point = norms.project(two([1.6, 1.3]), two([0.8, 0.5]), Norm.L2, torch.tensor([0.5]))
    torch.testing.assert_close(point, two([1.0, 0.8535534]))


def test_l1_projections_by_hand():
    clean, eps = two([0.5, 0.5], [0.5, 0.5], [0.9, 0.5], [0.9, 0.2]), torch.tensor([0.3, 0.3, 0.3, 0.4])
    # 0.2 off each of (0.4, 0.3); the smaller vanishes; the box leaves 0.1 of 0.4, the other one keeps 0.2; inside.
    points = two([0.9, 0.8], [0.9, 0.55], [1.3, 0.8], [1.0, 0.0])
    nearest = two([0.7, 0.6], [0.8, 0.5], [1.0, 0.7], [1.0, 0.0])
    torch.testing.assert_close(norms.project(points, clean, Norm.L1, eps), nearest)


@given(seed=st.integers(0, 10_000), share=st.floats(0.01, 0.99), power=st.sampled_from([1, 5]))
def test_l1_projection_takes_the_same_off_every_value(seed, share, power):
    """Whatever is neither at its wall nor back at the clean picture has come as much closer as all others."""
    clean = pictures(4, (2, 30, 3), seed, dtype=torch.float64)
    away = clean + ((pictures(4, (2, 30, 3), seed + 1, dtype=torch.float64) - 0.5) * 3) ** power
    eps = norms.size(away.clamp(0, 1) - clean, Norm.L1) * share
    point = norms.project(away, clean, Norm.L1, eps)
    torch.testing.assert_close(norms.size(point - clean, Norm.L1), eps, rtol=1e-5, atol=0)
    for row in range(4):
        taken = ((away - clean).abs() - (point - clean).abs())[row]
        free = (point[row] != clean[row]) & (point[row] > 0) & (point[row] < 1)
        back = point[row] == clean[row]
        level = taken[free].mean() if bool(free.any()) else taken[back].max()
        torch.testing.assert_close(taken[free], level.expand(int(free.sum())), rtol=0, atol=1e-5)
        assert bool((taken[back] <= level + 1e-5).all()), "a value that was further away came back"
        assert bool((taken[~free & ~back] >= level - 1e-5).all()), "a value at the wall was cut too far"


def test_an_l1_projection_is_admitted_at_a_tiny_radius():
    """Rounding away from the clean picture, summed over thousands of values, must not leave the ball."""
    clean, eps = pictures(2, (3, 48, 48)), torch.full((2,), 0.1 / 255)
    moved = norms.project(clean + 1e-3 * (pictures(2, (3, 48, 48), 1) - 0.5), clean, Norm.L1, eps)
    assert bool(norms.within(norms.size(moved - clean, Norm.L1), eps).all())
    assert bool((moved != clean).any())


def test_steepest_in_l1_by_hand():
    gradient = two([3.0, -4.0], [-2.0, 1.0], [0.0, 0.0])
    torch.testing.assert_close(norms.steepest(gradient, Norm.L1), two([0.0, -1.0], [-1.0, 0.0], [0.0, 0.0]))
    values = torch.tensor([2, 1, 2])
    torch.testing.assert_close(norms.steepest(gradient, Norm.L1, values), two([0.5, -0.5], [-1.0, 0.0], [0.0, 0.0]))


def test_steepest_by_hand():
    gradient = two([3.0, -4.0], [0.0, 2.0], [0.0, 0.0])
    torch.testing.assert_close(norms.steepest(gradient, Norm.LINF), two([1.0, -1.0], [0.0, 1.0], [0.0, 0.0]))
    torch.testing.assert_close(norms.steepest(gradient, Norm.L2), two([0.6, -0.8], [0.0, 1.0], [0.0, 0.0]))


@pytest.mark.parametrize("scale", [1e-36, 1e-30, 1e-18, 1e18, 1e36])
def test_steepest_does_not_mind_how_small_a_gradient_is(scale):
    """PEERS item 9: elsewhere gradients below 1e-6 are taken for zero, and saturated networks look robust."""
    gradient = two([3.0, -4.0]) * scale
    for norm in BALLS:
        direction = norms.steepest(gradient, norm)
        torch.testing.assert_close(norms.size(direction, norm), torch.ones(1))


def test_what_is_not_there_yet_says_so():
    x, eps, norm = pictures(1, (1, 2, 2)), torch.tensor([0.1]), Norm.L0
    for call in (
        lambda: norms.steepest(x, norm),
        lambda: norms.random_in_ball(Noise.of(0, x), x, norm, eps),
    ):
        with pytest.raises(ThreatError, match=norm.symbol):
            call()


images = st.integers(0, 10_000).map(lambda seed: pictures(4, (2, 3, 3), seed))


@pytest.mark.parametrize("norm", BALLS)
@given(clean=images, seed=st.integers(0, 10_000), eps=st.floats(0, 1), reach=st.floats(0, 10))
def test_projection_properties(norm, clean, seed, eps, reach):
    """In the ball and the box; what is inside stays to the bit; twice is once."""
    away = clean + reach * (pictures(4, (2, 3, 3), seed) - 0.5)
    radius = torch.full((4,), eps)
    point = norms.project(away, clean, norm, radius)
    assert norms.within(norms.size(point - clean, norm), radius).all()
    assert 0 <= float(point.min()) <= float(point.max()) <= 1
    torch.testing.assert_close(norms.project(point, clean, norm, radius), point, rtol=0, atol=1e-6)
    assert torch.equal(norms.project(clean, clean, norm, radius), clean)
    if norm is not Norm.L2:  # the exact projection: no point of ball and box is nearer
        other = norms.project(clean + reach * (0.5 - pictures(4, (2, 3, 3), seed + 1)), clean, norm, radius)
        nearer = norms.size(away - other, Norm.L2) < norms.size(away - point, Norm.L2) - 1e-4
        assert not nearer.any()


@pytest.mark.parametrize("norm", BALLS)
@given(seed=st.integers(0, 10_000))
def test_steepest_is_steepest(norm, seed):
    """No direction of size 1 has a larger product with the gradient."""
    gradient = pictures(3, (2, 3, 3), seed) - 0.5
    best = norms.steepest(gradient, norm)
    torch.testing.assert_close(norms.size(best, norm), torch.ones(3))
    other = norms.steepest(pictures(3, (2, 3, 3), seed + 1) - 0.5, norm)
    gain = (gradient * best).flatten(1).sum(1)
    assert (gain >= (gradient * other).flatten(1).sum(1) - 1e-5).all()


@given(eps=st.floats(1e-6, 1), share=st.floats(0, 2))
def test_within_allows_rounding_and_no_more(eps, share):
    """PEERS item 25: a relative and an absolute slack."""
    radius = torch.tensor([eps], dtype=torch.float64)
    inside = bool(norms.within(radius * share, radius))
    if share <= 1:
        assert inside
    if eps * share > eps * (1 + 1e-4) + 1e-6:
        assert not inside


def test_within_is_finite_and_elementwise():
    sizes, radii = torch.tensor([0.1, 0.2, torch.nan, torch.inf]), torch.tensor([0.1, 0.1, 1.0, 1.0])
    assert norms.within(sizes, radii).tolist() == [True, False, False, False]


@pytest.mark.parametrize("norm", BALLS)
def test_random_points_are_uniform_in_the_ball(norm):
    """The share of points within half the radius is 2^-d, and the mean is the centre."""
    clean = torch.full((4000, 1, 1, 2), 0.5)
    noise = Noise(torch.arange(4000, dtype=torch.int64) * 7919)
    delta = norms.random_in_ball(noise, clean, norm, torch.full((4000,), 0.2))
    sizes = norms.size(delta, norm)
    assert sizes.max() <= 0.2 * (1 + 1e-6)
    assert float((sizes < 0.1).float().mean()) == pytest.approx(0.25, abs=0.03)
    assert float(delta.mean(0).abs().max()) < 0.01
    first, second = delta.flatten(1).unbind(1)
    assert abs(float((first * second).mean()) / 0.04) < 0.02


@pytest.mark.parametrize("norm", [Norm.L2, Norm.LINF])
def test_points_on_the_way(norm):
    clean, found = two([0.2, 0.2]), two([0.4, 0.9])
    assert torch.equal(between(clean, found, torch.zeros(1), norm), clean)
    torch.testing.assert_close(between(clean, found, torch.ones(1), norm), found)
    half = between(clean, found, torch.tensor([0.5]), norm)
    # L2 goes straight; L∞ cuts every pixel at half of 0.7.
    torch.testing.assert_close(half, two([0.3, 0.55]) if norm is Norm.L2 else two([0.4, 0.55]))


def test_rows_do_not_know_each_other():
    x, y = pictures(5, (2, 3, 3), 1), pictures(5, (2, 3, 3), 2)
    eps = torch.linspace(0.01, 0.5, 5)
    for norm in BALLS:
        whole = norms.project(y, x, norm, eps)
        rows = [norms.project(y[[k]], x[[k]], norm, eps[[k]]) for k in range(5)]
        torch.testing.assert_close(whole, torch.cat(rows))


@pytest.mark.parametrize("norm", list(Norm))
def test_a_size_is_exact_to_float32_on_large_images(norm: Norm) -> None:
    delta = torch.randint(-2, 3, (2, 3, 224, 224), generator=torch.Generator().manual_seed(0)).float() / 255
    assert torch.allclose(norms.size(delta, norm).double(), norms.size(delta.double(), norm), rtol=2e-6, atol=0)


def test_projection_in_l0_keeps_the_pixels_that_changed_most():
    """A pixel is all its channels: two halves weigh less than one whole."""
    clean = torch.zeros(2, 2, 1, 3)
    moved = torch.tensor([[[0.5, 0.1, 0.9]], [[0.5, 0.1, 0.0]]]).expand(2, 2, 1, 3)
    kept = norms.project(moved, clean, Norm.L0, torch.tensor([1.0, 2.9]))
    assert kept[0].tolist() == [[[0.0, 0.0, pytest.approx(0.9)]], [[0.0, 0.0, 0.0]]]
    assert kept[1].tolist() == [[[0.5, 0.0, pytest.approx(0.9)]], [[0.5, 0.0, 0.0]]]
