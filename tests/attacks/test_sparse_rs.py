"""Sparse-RS's regions, exchanges and schedule, seen through the images that it asks about."""

import pytest
import torch

import advlab
from advlab.errors import ParameterError
from tests.attacks.test_closed_form import closed
from tests.networks import Constant, Spy, conv, pictures, wrap


def queries(size, eps, steps, network=None, count=1, **options):
    """Pictures, and what was asked about the first of them `[steps + 1, C, H, W]`."""
    spy = Spy(network or Constant([1.0, 0.0]))  # of one answer: nothing is ever accepted
    x = pictures(count, size, low=0.3, high=0.7)
    asked = spy.remember()
    advlab.attack(wrap(spy, 2, size), x, "sparse_rs", eps=eps, steps=steps, early_stop=False, **options)
    return x, torch.stack(asked[1 : steps + 2])[:, 0]


def changed(asked, x):
    return (asked != x[0]).any(1)


@pytest.mark.parametrize("size, eps", [((3, 6, 5), 4.0), ((1, 7, 7), 10.9), ((1, 3, 3), 99.0), ((2, 1, 1), 1.0)])
def test_scattered_pixels_are_as_many_as_allowed_and_pure(size, eps):
    x, asked = queries(size, eps, 40)
    there = changed(asked, x)
    assert bool((there.flatten(1).sum(1) == min(int(eps), size[1] * size[2])).all())
    assert set(asked.movedim(1, -1)[there].unique().tolist()) <= {0.0, 1.0}


def test_as_many_pixels_are_exchanged_as_the_schedule_says():
    """0.3 of 61, divided by 2, 4, 5, 6, 8, ... from 0.01, 0.5, 2, 5, 10, ... percent of the queries on."""
    x, asked = queries((1, 12, 12), 61.0, 200)
    there = changed(asked, x)
    moved = (there[1:] & ~there[0]).flatten(1).sum(1).tolist()
    for step, divisor in {1: 2, 3: 4, 6: 5, 15: 6, 30: 8, 60: 10, 100: 12, 140: 15, 180: 20}.items():
        assert moved[step - 1] == max(1, int(0.3 / divisor * 61)), step


@pytest.mark.parametrize("size, eps, side", [((3, 9, 6), 10.0, 3), ((1, 5, 8), 36.0, 5), ((1, 4, 4), 1.0, 1)])
def test_a_patch_is_the_largest_square_that_fits(size, eps, side):
    """Somewhere else in every fourth query only, and never across the border."""
    x, asked = queries(size, eps, 60, shape="patch")
    corners = []
    for there in changed(asked, x):
        rows, columns = there.any(1).nonzero().flatten().tolist(), there.any(0).nonzero().flatten().tolist()
        assert len(rows) == len(columns) == side
        assert int(there.sum()) == side**2
        corners.append((rows[0], columns[0]))
    first = corners[0]
    assert all(corner == first for step, corner in enumerate(corners) if step % 4)
    assert len(set(corners[4::4])) > 1


@pytest.mark.parametrize("size, eps, width", [((3, 8, 6), 30.0, 1), ((1, 8, 6), 47.0, 2), ((1, 8, 8), 64.0, 4)])
def test_a_frame_is_the_widest_that_fits(size, eps, width):
    x, asked = queries(size, eps, 30, shape="frame")
    inside = torch.ones(size[1:], dtype=torch.bool)
    inside[width : size[1] - width, width : size[2] - width] = False
    assert bool((changed(asked, x) == inside).all())
    assert bool((asked[1:] != asked[0]).flatten(1).any(1).float().mean() > 0.5)


def test_a_frame_that_does_not_fit_is_a_sentence():
    with pytest.raises(ParameterError, match="at least 24"):
        queries((1, 8, 6), 23.0, 3, shape="frame")


@pytest.mark.parametrize("shape, eps", [("patch", 16.0), ("frame", 36.0)])
def test_at_the_end_single_channels_of_single_pixels_change(shape, eps):
    _, asked = queries((3, 10, 10), eps, 120, shape=shape)
    values = (asked[1:] != asked[0]).flatten(1).sum(1)
    steps = torch.arange(1, 121)
    late = (steps > 106) & ((steps % 4 != 0) | (shape == "frame"))
    assert bool((values[late] == 1).all())
    assert int(values[:20].max()) > 3


@pytest.mark.parametrize("shape", ["pixels", "patch", "frame"])
def test_only_what_raises_the_margin_is_kept(shape):
    """The best one so far lies between each query and the next: it is what the attack gives back."""
    size = (3, 8, 8)
    network = conv(size, 2)
    x, asked = queries(size, 28.0, 40, network, shape=shape)
    classifier = wrap(network, 2, size)
    r = advlab.attack(classifier, x, "sparse_rs", eps=28.0, steps=40, early_stop=False, shape=shape)
    with torch.no_grad():
        margins = r.goal.take(torch.zeros(len(asked), dtype=torch.int64)).margin(classifier(asked))
    torch.testing.assert_close(r.margin_after[0], margins.max())
    assert int((margins > margins.cummax(0).values.roll(1)).sum()) > 3


@pytest.mark.parametrize("content", ["interior", "saturated"])
def test_a_plane_falls_to_a_few_pixels_more_than_it_takes(content):
    classifier, x, exact = closed((1, 7, 5), 2, content, "l0")
    run = lambda eps, steps: advlab.attack(classifier, x, "sparse_rs", eps=eps, steps=steps)  # noqa: E731
    assert run((exact * 1.5 + 1).float(), 500).success.all()
    assert not run(exact.float() - 1, 100).success[exact > 1].any()
