"""EAD by hand: one round of shrinkage and momentum."""

import math

import torch

import advlab
from advlab.core import losses
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)


def by_hand(classifier, x, goal, *, steps, const, rate, beta):
    """One image: the points at which the gradient is taken."""
    point, ahead, seen = x.clone(), x.clone(), []
    for k in range(steps):
        seen.append(ahead)
        leaf = ahead.clone().requires_grad_()
        ((leaf - x).square().sum() + const * (-losses.margin(classifier(leaf), goal)).clamp(min=0).sum()).backward()
        moved = ahead - rate * math.sqrt(1 - k / steps) * leaf.grad - x
        shrunk = (x + torch.where(moved.abs() > beta, moved - beta * moved.sign(), 0)).clamp(0, 1)
        ahead = (shrunk + k / (k + 3) * (shrunk - point)).clamp(0, 1)
        point = shrunk
    return seen


def test_the_points_are_those_of_a_naive_loop():
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier, x = wrap(spy, 4, SIZE), pictures(1, SIZE, 2, dtype=torch.float64)
    with torch.no_grad():
        goal = advlab.Untargeted(classifier(x).argmax(1))
    expected = by_hand(classifier, x, goal, steps=10, const=3.0, rate=0.01, beta=0.01)
    asked = spy.remember()
    advlab.attack(classifier, x, "ead", goal=goal, steps=10, search_steps=1, initial_const=3.0)
    for mine, theirs in zip(asked[1:11], expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-8)
