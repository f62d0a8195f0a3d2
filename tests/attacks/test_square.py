"""Square's windows, colours, sizes and schedule, seen through the images that it asks about."""

import pytest
import torch

import advlab
from tests.networks import Constant, Spy, conv, pictures, wrap

# A network with one answer: no square is ever accepted, so each query is the start with one window.


def queries(size, eps, steps, share, only=None):
    spy = Spy(Constant([1.0, 0.0]))
    x = pictures(1, size, low=0.4, high=0.6)
    asked = spy.remember()
    advlab.attack(
        wrap(spy, 2, size), x, "square", norm="linf", eps=eps, steps=steps, share=share, early_stop=False,
        should_stop=lambda: only is not None and len(asked) > only,
    )  # fmt: skip
    return x, torch.stack(asked[1 : steps + 2])[:, 0]  # the stripes, then the squares


@pytest.mark.parametrize("size", [(1, 6, 6), (3, 4, 7), (3, 9, 5), (1, 1, 5)])
def test_windows_reach_every_pixel(size):
    """PEERS item 12: an exclusive bound never lets a window touch the last row and column."""
    _, asked = queries(size, 0.1, 600, 1 / (size[1] * size[2]))
    changed = (asked[1:] != asked[0]).any(1)
    touched = changed.sum(0)
    assert changed.flatten(1).sum(1).max() == 1, "the smallest square is one pixel"
    assert touched.min() > 0
    expected = touched.sum() / touched.numel()
    assert (touched - expected).abs().max() < 6 * expected.sqrt(), "some places are preferred"


@pytest.mark.parametrize("size, share", [((1, 8, 8), 0.25), ((3, 6, 10), 0.15), ((1, 10, 4), 0.8)])
def test_the_first_windows_have_their_share_of_the_pixels(size, share):
    """Squares, also in pictures that are not; never larger than the short side."""
    _, asked = queries(size, 0.1, 5000, share, only=8)
    side = min(round((share * size[1] * size[2]) ** 0.5), *size[1:])
    for changed in (asked[1:6] != asked[0]).any(1):
        rows, columns = changed.any(1).nonzero(), changed.any(0).nonzero()
        if len(rows):  # the colours of a window may be those of the stripes already
            assert rows.max() - rows.min() < side
            assert columns.max() - columns.min() < side
    shapes = (asked[1:6] != asked[0]).any(1)
    assert any(int(c.any(1).sum()) == side for c in shapes)


def test_no_square_is_a_query_in_vain():
    """Black pictures, on which every second square would lower nothing: each is another image than the one before."""
    asked = []

    class Deaf(torch.nn.Module):
        def forward(self, x):
            asked.append(x.clone())
            return x.flatten(1).sum(1, keepdim=True) * 0 + torch.tensor([1.0, 0.0])

    advlab.attack(wrap(Deaf(), 2, (1, 6, 6)), torch.zeros(3, 1, 6, 6), "square", norm="linf", eps=0.1, steps=40)
    first, *others = (x for x in asked[1:] if len(x) == 3)
    assert len(others) >= 40
    assert all(bool((x != first).flatten(1).any(1).all()) for x in others[:40])


def test_the_windows_shrink_as_the_paper_says():
    """The share is halved at 0.1, 0.5, 2, 5, 10, 20, 40, 60 and 80 percent of the steps."""
    size, steps, share = (1, 16, 16), 1000, 0.8
    _, asked = queries(size, 0.1, steps, share)
    changed = (asked[1:] != asked[0]).any(1)
    heights = changed.any(2).sum(1)
    limits = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
    for part in ((3, 5), (8, 19), (30, 45), (60, 95), (110, 190), (250, 390), (450, 590), (650, 790), (850, 999)):
        halvings = sum(part[0] / steps > limit for limit in limits)
        side = max(1, round((share / 2**halvings * 256) ** 0.5))
        assert heights[slice(*part)].max() == side, part


def test_linf_pixels_are_at_the_radius_or_at_the_wall():
    x = pictures(2, (3, 6, 5))
    x[0, 0], x[1, 1] = 0.02, 1.0
    spy = Spy(conv((3, 6, 5)))
    asked = spy.remember()
    r = advlab.attack(wrap(spy, 4, (3, 6, 5)), x, "square", norm="linf", eps=0.1, steps=40, early_stop=False)
    for images in asked[1:42]:
        up, down = (x + 0.1).clamp(max=1), (x - 0.1).clamp(min=0)
        assert torch.minimum((images - up).abs(), (images - down).abs()).max() < 1e-6
    assert r.queries.tolist() == [41, 41]


@pytest.mark.parametrize("size", [(3, 10, 10), (1, 12, 7), (3, 5, 9)])
def test_l2_perturbations_keep_the_radius(size):
    """Mass is moved, not lost: every query is at the radius, and fits it."""
    spy = Spy(conv(size))
    x = pictures(3, size, low=0.4, high=0.6)
    asked = spy.remember()
    advlab.attack(wrap(spy, 4, size), x, "square", norm="l2", eps=0.3, steps=120, share=0.2, early_stop=False)
    lengths = torch.stack([(images - x).flatten(1).norm(dim=1) for images in asked[1:122]])
    torch.testing.assert_close(lengths, torch.full_like(lengths, 0.3), rtol=1e-4, atol=0)


@pytest.mark.parametrize("size", [(3, 10, 10), (1, 12, 7), (1, 1, 1)])
@pytest.mark.parametrize("eps", [0.4, 6.0])
def test_l1_perturbations_use_the_radius_up_and_keep_it(size, eps):
    """What is cut by the box, or projected away, comes back with the next bump; few values change."""
    spy = Spy(conv(size))
    x = pictures(3, size, low=0.0, high=0.6).round()
    asked = spy.remember()
    advlab.attack(wrap(spy, 4, size), x, "square", norm="l1", eps=eps, steps=40, share=0.2, early_stop=False)
    for images in asked[1:42]:
        assert 0 <= float(images.min()) <= float(images.max()) <= 1
        assert (images - x).flatten(1).abs().sum(1).max() <= eps * (1 + 1e-5)
    room = min(eps, 0.5 * x[0].numel())
    lengths = torch.stack([(images - x).flatten(1).abs().sum(1) for images in asked[10:42]])
    assert lengths.median() > 0.7 * room


def test_l2_at_the_walls_stays_inside():
    x = pictures(3, (3, 6, 5)).round()
    spy = Spy(conv((3, 6, 5)))
    asked = spy.remember()
    advlab.attack(wrap(spy, 4, (3, 6, 5)), x, "square", norm="l2", eps=1.5, steps=60, early_stop=False)
    for images in asked[1:62]:
        assert 0 <= float(images.min()) <= float(images.max()) <= 1
        assert (images - x).flatten(1).norm(dim=1).max() <= 1.5 * (1 + 1e-5)


def test_only_what_raises_the_margin_is_kept():
    """Each query is one window away from the best one before it."""
    spy = Spy(conv((1, 8, 8)))
    x = pictures(1, (1, 8, 8), low=0.3, high=0.7)
    classifier = wrap(spy, 4, (1, 8, 8))
    asked = spy.remember()
    r = advlab.attack(classifier, x, "square", norm="linf", eps=0.02, steps=60, share=0.1, early_stop=False)
    images = list(asked[1:62])
    margins = [float(r.goal.margin(classifier(image))) for image in images]
    best = 0
    kept = 0
    for k in range(1, len(images)):
        changed = (images[k] != images[best])[0].any(0)
        assert changed.any(1).sum() <= 4
        assert changed.any(0).sum() <= 4
        if margins[k] > margins[best]:
            best, kept = k, kept + 1
    assert kept > 3
    assert torch.equal(r.adversarial, images[best])


def test_images_of_a_batch_get_windows_of_their_own():
    """PEERS item 11: one window for a whole batch makes the result depend on the batch."""
    x = pictures(6, (1, 8, 8), low=0.4, high=0.6)
    spy = Spy(Constant([1.0, 0.0]))
    asked = spy.remember()
    advlab.attack(wrap(spy, 2, (1, 8, 8)), x, "square", norm="linf", eps=0.1, steps=3, share=0.02, early_stop=False)
    changed = (asked[2] != asked[1]).flatten(1)
    assert len({tuple(row.tolist()) for row in changed}) > 2


def test_every_step_is_a_query_and_so_is_the_start():
    x, asked = queries((1, 6, 6), 0.1, 7, 0.1)
    assert len(asked) == 8
    assert bool(((asked[0] - x[0]).abs() - 0.1 < 1e-6).all())
    assert torch.equal(asked[0, 0, 0], asked[0, 0, 5]) or (asked[0] - x[0])[0].sign().std(0).max() == 0, "stripes"
