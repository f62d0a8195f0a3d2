"""APGD against its paper's algorithm written as a plain loop, and what its parts do."""

import itertools

import pytest
import torch

import advlab
from advlab.core import losses, norms
from advlab.core.goals import Aimed, Untargeted
from advlab.core.norms import Norm
from tests.closed_form import distance
from tests.networks import Spy, Stochastic, conv, linear, pictures, wrap

SIZE = (3, 6, 5)


def double(seed=0, classes=4):
    return wrap(conv(SIZE, classes, seed, torch.float64), classes, SIZE)


def looks(steps):
    """Checkpoints of the paper: p₀ = 0, p₁ = 0.22, p(j+1) = p(j) + max(p(j) − p(j−1) − 0.03, 0.06)."""
    shares = [0.0, 0.22]
    while shares[-1] < 1:
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - 0.03, 0.06))
    return {round(share * steps): round(before * steps) for before, share in itertools.pairwise(shares)}


def by_hand(classifier, x, label, start, norm, eps, steps):
    """One image; every iterate, the last one included."""

    def climb(point):
        leaf = point.clone().requires_grad_()
        value = losses.cross_entropy(classifier(leaf), Untargeted(label))
        (gradient,) = torch.autograd.grad(value.sum(), leaf)
        return value.item(), gradient

    def step(point, gradient, size):
        return norms.project(point + size * norms.steepest(gradient, norm), x, norm, torch.tensor([eps]).double())

    point, before, size = start, start, 2 * eps
    best, top, values = None, -float("inf"), []
    halved, seen, points = True, -float("inf"), []
    for k in range(steps):
        value, gradient = climb(point)
        points.append(point)
        values.append(value)
        if value > top:
            top, best = value, (point, gradient)
        if k in looks(steps) and k > 0:
            since = looks(steps)[k]
            gains = sum(values[j] > values[j - 1] for j in range(since + 1, k + 1))
            shorten = gains <= 0.75 * (k - since) or (not halved and seen >= top)
            halved, seen = shorten, top
            if shorten:
                size /= 2
                point, gradient = best
        ahead = step(point, gradient, size)
        momentum = point + 0.75 * (ahead - point) + 0.25 * (point - before)
        moved = ahead if k == 0 else norms.project(momentum, x, norm, torch.tensor([eps]).double())
        before, point = point, moved
    return [*points, point]


@pytest.mark.parametrize("norm, eps", [(Norm.LINF, 0.02), (Norm.L2, 0.15)])
def test_it_is_the_papers_algorithm(norm, eps):
    classifier, spy = double(), None
    spy = Spy(classifier.module)
    watched = wrap(spy, 4, SIZE)
    x = pictures(1, SIZE, 4, dtype=torch.float64)
    asked = spy.remember()
    r = advlab.attack(watched, x, "apgd", norm=norm, eps=eps, steps=100, early_stop=False, seed=2)
    label = r.label_before
    own = [point for point in asked if not torch.equal(point, x)]
    expected = by_hand(classifier, x, label, own[0], norm, eps, 100)
    for got, want in zip(own, expected, strict=False):
        torch.testing.assert_close(got, want, rtol=0, atol=1e-7)
    assert len(own) >= 101
    assert norms.size(own[0] - x, norm) == pytest.approx(eps, rel=0.2), "the start is far from the clean image"


def test_in_l1_steps_are_sparse_and_the_balls_shrink():
    spy = Spy(conv(SIZE, dtype=torch.float64))
    watched = wrap(spy, 4, SIZE)
    x = pictures(1, SIZE, 4, dtype=torch.float64)
    asked = spy.remember()
    advlab.attack(watched, x, "apgd", norm="l1", eps=0.4, steps=50, early_stop=False)
    sizes = [float(norms.size(point - x, Norm.L1)) for point in asked[1:51]]
    assert max(sizes[:15]) == pytest.approx(1.2, rel=1e-3)
    assert max(sizes[15:30]) == pytest.approx(0.8, rel=1e-3)
    assert max(sizes[30:]) == pytest.approx(0.4, rel=1e-3)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
@pytest.mark.parametrize("name", ["apgd", "apgd_t"])
def test_it_finds_the_plane(name, norm):
    """At little more than the exact distance every image falls, at little less none.

    With two classes only for the cross-entropy, which of many climbs a mixture and not the nearest.
    """
    classifier = linear((1, 7, 5), 2 if name == "apgd" else 10, 1)
    x = pictures(6, (1, 7, 5), 3, low=0.4, high=0.6)
    exact = distance(classifier, x, norm).float()
    assert advlab.attack(classifier, x, name, norm=norm, eps=exact * 1.03).success.all()
    assert not advlab.attack(classifier, x, name, norm=norm, eps=exact * 0.99, steps=20).success.any()


def test_the_targeted_one_tries_the_likeliest_classes_in_order():
    classifier, x = double(classes=6), pictures(2, SIZE, 4, dtype=torch.float64)
    seen = []

    def spied(logits, goal):
        if isinstance(goal, Aimed):
            seen.append(goal.index.tolist())
        return losses.margin(logits, goal)

    kind = advlab.attacks.available()["apgd_t"]
    original = losses.Climb.function
    try:
        losses.Climb.function = property(lambda _: spied)
        r = advlab.attack(classifier, x, kind(steps=2, targets=3), norm="linf", eps=1e-4)
    finally:
        losses.Climb.function = original
    with torch.no_grad():
        order = classifier(x).argsort(1, descending=True)
    assert seen == [order[:, k].tolist() for k in (1, 1, 2, 2, 3, 3)]
    assert r.queries.tolist() == [10, 10]
    assert r.gradients.tolist() == [6, 6]


def test_averaged_gradients_are_counted():
    noisy = wrap(Stochastic(conv(SIZE), 0.5), 4, SIZE, votes=5)
    x = pictures(4, SIZE, 4)
    r = advlab.attack(noisy, x, "apgd", norm="linf", eps=1e-6, steps=3, samples=7)
    searched = ~r.already
    assert searched.any()
    assert r.gradients[searched].tolist() == [21] * int(searched.sum())
    assert r.queries[searched].tolist() == [22] * int(searched.sum())


@pytest.mark.parametrize("classes", [2, 3, 4, 6])
@pytest.mark.parametrize("loss", ["dlr", "margin", "cross_entropy"])
def test_few_classes(classes, loss):
    """PEERS item 26: DLR needs three classes, its targeted form four; fewer fall all the same."""
    classifier, x = double(classes=classes), pictures(3, SIZE, 4, dtype=torch.float64)
    for name in ("apgd", "apgd_t"):
        assert advlab.attack(classifier, x, name, norm="linf", eps=0.5, steps=10, loss=loss).success.all()
