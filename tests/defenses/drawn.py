"""Drawn digits in other places, for detectors that learn from clean pictures, and what PGD makes of them."""

from functools import cache

import torch

import advlab
from advlab.data.samples import fitting


@cache
def digits():
    """The network, clean pictures to learn from, and others: clean, and led astray as far as 20 steps go."""
    network = advlab.models.load("mnist_standard")
    drawn = torch.cat([network.prepare(one.picture()) for one in fitting(network.labels)])
    places = [(down, across) for down in range(-2, 3) for across in range(-2, 3)]
    moved = [drawn.roll(place, (2, 3)) for place in places]
    new = torch.cat(moved[1::6])
    found = advlab.attack(network, new, "pgd", eps=50 / 255, early_stop=False)
    return network, torch.cat(moved[::3]), new, found.adversarial


def separation(clean, adversarial):
    """How often an adversarial picture has the higher suspicion of a pair, given `[N]` of each."""
    return float((adversarial.unsqueeze(1) > clean).float().mean())
