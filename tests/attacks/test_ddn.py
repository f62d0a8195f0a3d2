"""DDN by hand: steps of unit gradients on a sphere that follows the boundary, and grey levels."""

import math

import pytest
import torch

import advlab
from advlab.core import losses
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)


def by_hand(classifier, x, goal, steps):
    """One image: the points that DDN asks for."""
    delta, radius, seen = torch.zeros_like(x), 1.0, []
    for k in range(steps):
        leaf = (x + delta).requires_grad_()
        logits = classifier(leaf)
        seen.append(leaf.detach())
        (gradient,) = torch.autograd.grad(losses.cross_entropy(logits, goal).sum(), leaf)
        length = 0.01 + 0.99 * (1 + math.cos(math.pi * k / steps)) / 2
        delta = delta + length * gradient / gradient.norm()
        radius *= 0.95 if bool(goal.margin(logits) > 0) else 1.05
        delta = (x + radius * delta / delta.norm()).clamp(0, 1) - x
    return seen


@pytest.mark.parametrize("targeted", [False, True])
def test_the_points_are_those_of_a_naive_loop(targeted):
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier, x = wrap(spy, 4, SIZE), pictures(1, SIZE, 2, dtype=torch.float64)
    with torch.no_grad():
        order = classifier(x).argsort(1, descending=True)
    goal = advlab.Targeted(order[:, 1]) if targeted else advlab.Untargeted(order[:, 0])
    expected = by_hand(classifier, x, goal, 12)
    asked = spy.remember()
    advlab.attack(classifier, x, "ddn", goal=goal, steps=12, loss="cross_entropy")
    for mine, theirs in zip(asked[1:13], expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("levels", [256, 16])
def test_what_is_found_is_on_the_grey_levels(levels):
    """Every point that is asked for, and so the one that is given out: no rounding can undo it."""
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), (pictures(4, SIZE) * (levels - 1)).round() / (levels - 1)
    asked = spy.remember()
    r = advlab.attack(classifier, x, "ddn", levels=levels, steps=40)
    assert r.success.all()
    for image in (*asked, r.adversarial):
        grey = image * (levels - 1)
        torch.testing.assert_close(grey, grey.round(), rtol=0, atol=1e-4)
    free = advlab.attack(classifier, x, "ddn", steps=40)
    assert (free.distance <= r.distance * 1.001).all()
