"""Attacks that see labels only: strength on planes, beginnings, and each one's own rule against a plain loop."""

import pytest
import torch
from torch import nn

import advlab
from advlab.core import frequencies
from advlab.core.randomness import Noise
from tests.closed_form import distance
from tests.networks import Spy, conv, linear, pictures, wrap

SIZE = (1, 7, 5)


def ratio(name, norm, budget, count=4):
    """Sizes over the exact distances of a plane's pictures."""
    classifier, x = linear(SIZE, 2, 1), pictures(count, SIZE, 3)
    r = advlab.attack(classifier, x, name, norm=norm, max_queries=budget)
    assert r.success.all()
    found = r.norms[norm].double() / distance(classifier, x, norm)
    assert found.min() > 1 - 1e-3
    return found


@pytest.mark.parametrize(
    "name, norm, budget, limit",
    [
        ("boundary", "l2", 220, 1.5), ("surfree", "l2", 220, 1.4), ("sign_opt", "l2", 500, 1.2),
        ("geoda", "l2", 500, 1.15), ("geoda", "linf", 500, 1.25), ("geoda", "l1", 500, 1.25),
        ("rays", "linf", 220, 1.15), ("pointwise", "l0", 100, 1.6),
    ],
)  # fmt: skip
def test_a_plane_with_few_queries(name, norm, budget, limit):
    assert ratio(name, norm, budget).median() < limit


def least(name, norm, **options):
    """The least likely class of a plane with four, from a picture that is drawn."""
    classifier, x = linear(SIZE, 4, 2), pictures(4, SIZE, 3, low=0.4, high=0.6)
    with torch.no_grad():
        target = classifier(x).argmin(1)
    r = advlab.attack(classifier, x, name, norm=norm, goal=advlab.Targeted(target), max_queries=80, **options)
    assert torch.equal(r.label_after, target)
    return r


@pytest.mark.parametrize(
    "name, norm",
    [("boundary", "l2"), ("surfree", "l2"), ("sign_opt", "l2"), ("geoda", "l2"), ("rays", "linf"), ("pointwise", "l0")],
)
def test_targets(name, norm):
    """What was asked for, and far nearer than the picture that was walked from."""
    start = least(name, norm, **({"samples": 1} if name == "geoda" else {"steps": 1})).norms[norm]
    assert (least(name, norm).norms[norm] <= start).all()


class OneAnswer(nn.Module):
    """Sees only how much neighboring columns differ: all fine noise is of one class."""

    def __init__(self):
        super().__init__()
        self.limit = nn.Parameter(torch.tensor(0.2))

    def forward(self, x):
        rough = x.diff(dim=3).abs().mean((1, 2, 3)) - self.limit
        return torch.stack((-rough, rough), 1)


def test_noise_of_one_class_is_no_end():
    """A picture of the very class that the network sees in noise: coarser noise is of another."""
    x = pictures(3, (1, 16, 16), 2)
    classifier = wrap(OneAnswer(), 2, (1, 16, 16))
    with torch.no_grad():
        assert (classifier(x).argmax(1) == 1).all()
    r = advlab.attack(classifier, x, "boundary", max_queries=120)
    assert r.success.all()


def test_a_beginning_is_not_further_away_than_it_must_be():
    """On the way the class comes back: of all crossings the walk begins at the nearest of nine scales."""

    class Stripes(nn.Module):
        def __init__(self):
            super().__init__()
            self.place = nn.Parameter(torch.tensor(0.5))

        def forward(self, x):
            far = (x - self.place).flatten(1).norm(dim=1)
            other = ((far > 0.15) & (far < 0.35)) | (far > 1.0)
            return torch.stack((~other, other), 1).float()

    x = torch.full((2, *SIZE), 0.5)
    r = advlab.attack(wrap(Stripes(), 2, SIZE), x, "surfree", max_queries=40)
    assert (r.norms["l2"] < 0.35).all()


@pytest.mark.parametrize("name, norm", [("boundary", "l2"), ("rays", "linf"), ("pointwise", "l0"), ("geoda", "l1")])
def test_a_given_picture_is_asked_about_first(name, norm):
    spy = Spy(conv())
    classifier, x, far = wrap(spy, 4, (3, 6, 5)), pictures(1, (3, 6, 5)), pictures(40, (3, 6, 5), 8)
    with torch.no_grad():
        start = far[classifier(far).argmax(1) != classifier(x).argmax(1)][:1]
    asked = spy.remember()
    r = advlab.attack(classifier, x, name, norm=norm, start=start, max_queries=40)
    assert torch.equal(asked[1], start)
    assert r.success.all()


def test_rays_against_a_plain_loop():
    """Flips and one bisection after the other, one picture at a time: not better at equal queries."""
    classifier, x = linear((1, 8, 8), 2, 1), pictures(3, (1, 8, 8), 3, low=0.4, high=0.6)
    own = advlab.attack(classifier, x, "rays", norm="linf", max_queries=150).norms["linf"]
    theirs = torch.stack([plain_rays(classifier, image, 150) for image in x])
    assert (own <= 1.02 * theirs).all()


def plain_rays(classifier, image, budget):
    label, asked, signs, best = classifier(image[None]).argmax(1), 0, torch.ones(64), 1.0

    def fools(signs, size):
        nonlocal asked
        asked += 1
        return bool(classifier((image + size * signs.reshape(1, 8, 8)).clamp(0, 1)[None]).argmax(1) != label)

    level, block = 0, 0
    while asked < budget:
        length = -(-64 // 2**level)
        tried = signs.clone()
        tried[block * length : (block + 1) * length] *= -1
        if fools(tried, best):
            signs, low, high = tried, 0.0, best
            while high - low > 0.001 and asked < budget:
                middle = (low + high) / 2
                low, high = (low, middle) if fools(signs, middle) else (middle, high)
            best = high
        block += 1
        if block * length >= 64:
            level, block = min(level + 1, 6), 0
    return torch.tensor(best)


def test_pointwise_leaves_no_pixel_that_could_go_back():
    """Whatever is left, setting any one pixel back undoes the success: what the paper's loop ends with."""
    classifier, x = wrap(conv(), 4, (3, 6, 5)), pictures(3, (3, 6, 5))
    r = advlab.attack(classifier, x, "pointwise", norm="l0")
    for clean, found, label in zip(x, r.adversarial, r.label_before, strict=True):
        for row, column in (found != clean).any(0).nonzero().tolist():
            back = found.clone()
            back[:, row, column] = clean[:, row, column]
            assert classifier(back[None]).argmax(1) == label


def test_geoda_spends_more_on_later_rounds():
    """By λ to the power of -2/3 each, and all of the budget but the searches."""
    classifier, x = linear(SIZE, 2, 1), pictures(2, SIZE, 3, low=0.4, high=0.6)
    r = advlab.attack(classifier, x, "geoda", max_queries=800)
    spent = torch.stack(r.trace.queries)[:, 0].diff()
    assert (spent.diff() > 0).all()
    assert 800 - 130 < r.queries.min() <= r.queries.max() <= 800


def test_low_frequencies():
    """The slowest cosines of each side span the noise; all of them are plain noise."""
    x, noise = pictures(2, (3, 8, 6)), Noise.of(0, pictures(2, (3, 8, 6)))
    for size, count in ((8, 3), (6, 6)):
        rows = frequencies.waves(size, count, x)
        torch.testing.assert_close(rows @ rows.T, torch.eye(count))
    assert torch.equal(frequencies.noise(noise, 8, x), noise.normal((3, 8, 6)))
    slow = frequencies.noise(noise, 1, x)
    torch.testing.assert_close(slow, slow[..., :1, :1].expand_as(slow))
