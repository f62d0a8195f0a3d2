"""Sigma-zero by hand: the smooth count, and pixels that go back with all their channels."""

import math

import torch

import advlab
from advlab.core import losses
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)


def by_hand(classifier, x, goal, steps):
    """One image: the points that the attack asks for, the count differentiated by autograd."""
    point, threshold, seen, first, second = x.clone(), 0.3, [], 0, 0
    for k in range(steps):
        seen.append(point)
        leaf = point.clone().requires_grad_()
        margin = losses.margin(classifier(leaf), goal)
        energy = (leaf - x).square().sum(1)
        ((-margin).clamp(min=0).sum() + (energy / (energy + 1e-3)).mean()).backward()
        length = 0.1 + 0.9 * (1 + math.cos(math.pi * k / steps)) / 2
        slope = leaf.grad / leaf.grad.abs().max()
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        step = first / (1 - 0.9 ** (k + 1)) / ((second / (1 - 0.999 ** (k + 1))).sqrt() + 1e-8)
        point = (point - length * step).clamp(0, 1)
        threshold += 0.01 * length * (1 if bool(margin > 0) else -1)
        small = (point - x).abs().amax(1, keepdim=True) < threshold
        point = torch.where(small, x, point)
    return seen


def test_the_points_are_those_of_a_naive_loop():
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier, x = wrap(spy, 4, SIZE), pictures(1, SIZE, 2, dtype=torch.float64)
    with torch.no_grad():
        goal = advlab.Untargeted(classifier(x).argmax(1))
    expected = by_hand(classifier, x, goal, 12)
    asked = spy.remember()
    advlab.attack(classifier, x, "sigma_zero", goal=goal, steps=12)
    for mine, theirs in zip(asked[1:13], expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-8)
