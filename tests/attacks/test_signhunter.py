"""SignHunter: the order of its flips, and that it finds the corner of the ball."""

import pytest
import torch

import advlab
from tests.closed_form import distance
from tests.networks import Constant, Spy, linear, pictures, wrap

# A network with one answer: a flip harms nothing there, so every one is kept.


def flips(size, steps):
    spy = Spy(Constant([1.0, 0.0]))
    x = pictures(1, size, low=0.4, high=0.6)
    asked = spy.remember()
    advlab.attack(wrap(spy, 2, size), x, "signhunter", norm="linf", eps=0.1, steps=steps, early_stop=False)
    images = torch.stack(asked[1 : steps + 2])[:, 0]
    signs = (images - x > 0).permute(0, 2, 3, 1).flatten(1)
    return signs[0], (signs[1:] != signs[:-1]).int().tolist()


def test_flips_go_from_all_to_single_values():
    """Of five values: all, two halves of three, three quarters of two, five single ones, and all again."""
    first, parts = flips((1, 1, 5), 12)
    assert first.all()
    assert parts == [
        [1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 0, 1, 1], [1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1],
    ]  # fmt: skip


def test_channels_of_a_pixel_are_neighbours():
    _, parts = flips((3, 2, 1), 3)
    assert parts[1] == [1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("low, high", [(0.3, 0.7), (0.0, 1.0)])
def test_a_plane_falls_at_its_distance(low, high):
    """After single values all signs of a plane are right: nothing is left to gain, box included."""
    size = (1, 4, 5)
    classifier, x = linear(size, 2, 1), pictures(5, size, 4, low=low, high=high)
    x = x.round() if low == 0 else x
    eps = distance(classifier, x, "linf").float()
    assert advlab.attack(classifier, x, "signhunter", norm="linf", eps=eps * 1.01, steps=70).success.all()
    assert not advlab.attack(classifier, x, "signhunter", norm="linf", eps=eps * 0.99, steps=70).success.any()
