"""The shortest way to a plane inside the box: against slow bisections, and conditions that only the optimum meets."""

import pytest
import torch

from advlab.core import planes
from advlab.core.norms import Norm, size
from tests.closed_form import _needed
from tests.networks import pictures

SIZE = (2, 3, 7)
CONTENT = {
    "interior": lambda n: pictures(n, SIZE, 1, low=0.4, high=0.6, dtype=torch.float64),
    "anywhere": lambda n: pictures(n, SIZE, 2, dtype=torch.float64),
    "saturated": lambda n: pictures(n, SIZE, 3, dtype=torch.float64).round(),
}
norm = pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2, Norm.L1])


def slopes(count, seed=0):
    drawn = torch.randn(count, *SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    drawn[:, 0, 0, :2] = 0  # the network ignores some values
    return drawn


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_without_a_box_it_is_the_way_inside_a_wide_one(norm):
    x, slope = CONTENT["interior"](5), slopes(5)
    gap = torch.tensor([1e-4, 0.1, -0.1, 0.0, torch.nan], dtype=torch.float64)
    torch.testing.assert_close(planes.freely(slope, gap, norm), planes.towards(x, slope, gap, norm))
    assert not planes.freely(slope * 0, gap, norm).any()


@norm
@pytest.mark.parametrize("content", list(CONTENT))
@pytest.mark.parametrize("gap", [1e-3, 0.3, 4.0, -2.0])
def test_it_arrives_and_nothing_smaller_does(norm, content, gap):
    x, slope = CONTENT[content](5), slopes(5)
    gaps = torch.full((5,), gap, dtype=torch.float64)
    change = planes.towards(x, slope, gaps, norm)
    torch.testing.assert_close((slope * change).flatten(1).sum(1), gaps, rtol=1e-9, atol=1e-12)
    assert 0 <= float((x + change).min()) <= float((x + change).max()) <= 1
    assert not change[:, 0, 0, :2].any()
    for k in range(5):
        flat = slope[k].flatten() * (1 if gap > 0 else -1)
        room = torch.where(flat > 0, 1 - x[k].flatten(), x[k].flatten())
        exact = _needed(room, flat, abs(gap), norm.value)
        assert float(size(change[[k]], norm)) == pytest.approx(exact, rel=1e-9)


def test_few_values_are_enough_or_all_are_looked_at(monkeypatch):
    """The shortcut of L1 changes nothing, whether it ends at the few steepest values or not."""
    x, slope = CONTENT["anywhere"](5), slopes(5)
    for gap in (0.3, 4.0, 1e4):
        gaps = torch.full((5,), gap, dtype=torch.float64)
        whole = planes.towards(x, slope, gaps, Norm.L1)
        with monkeypatch.context() as patched:
            patched.setattr(planes, "_FEW", 4)
            torch.testing.assert_close(planes.towards(x, slope, gaps, Norm.L1), whole)


@norm
def test_a_plane_out_of_reach_gives_the_corner(norm):
    x, slope = CONTENT["anywhere"](4), slopes(4)
    change = planes.towards(x, slope, torch.full((4,), 1e4, dtype=torch.float64), norm)
    corner = torch.where(slope > 0, 1.0, torch.where(slope < 0, 0.0, x))
    torch.testing.assert_close(x + change, corner)


@norm
def test_nothing_comes_of_nothing(norm):
    """No slope, no gap, or no numbers: no change, and no division by it."""
    x = CONTENT["anywhere"](4)
    slope = slopes(4)
    slope[0], slope[1] = 0, torch.nan
    gap = torch.tensor([1.0, 1.0, 0.0, torch.nan], dtype=torch.float64)
    assert not planes.towards(x, slope, gap, norm).any()


@norm
def test_an_image_does_not_depend_on_the_others(norm):
    x, slope = pictures(6, SIZE, 4), slopes(6).float()
    gap = torch.tensor([1e-4, 0.1, 1.0, -3.0, 9.0, 1e3])
    together = planes.towards(x, slope, gap, norm)
    for k in range(6):
        alone = planes.towards(x[[k]], slope[[k]], gap[[k]], norm)
        torch.testing.assert_close(alone[0], together[k], rtol=1e-5, atol=1e-7)


@norm
def test_the_nearest_plane_is_the_one_with_the_shortest_way(norm):
    """Inside the box, where the norm of the gradient alone would choose another; the unreachable ones last."""
    x = CONTENT["saturated"](6)
    many = torch.stack([slopes(6, seed) for seed in range(5)], 1)
    gaps = torch.tensor([0.5, 1.0, 0.7, 1e4, -0.6], dtype=torch.float64).expand(6, 5)
    ways = torch.stack([size(planes.towards(x, many[:, k], gaps[:, k], norm), norm) for k in (0, 1, 2, 4)], 1)
    best = torch.tensor([0, 1, 2, 4])[ways.argmin(1)]
    assert torch.equal(planes.nearest(x, many, gaps, norm), best)
    assert planes.nearest(x, many[:, 3:4], gaps[:, 3:4], norm).tolist() == [0] * 6
