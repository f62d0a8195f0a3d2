"""Augmentation, averaging, learning rate."""

from itertools import pairwise

import pytest
import torch

from advlab.training.augmentation import Augmentation
from advlab.training.average import Average
from advlab.training.schedule import learning_rate
from tests import networks
from tests.training import toys


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_nothing_is_done_when_nothing_is_asked():
    x = networks.pictures(4, (3, 7, 6))
    assert torch.equal(Augmentation()(x, generator()), x)


def test_a_crop_moves_each_image_as_a_whole():
    """A reflected border never shows more than what was within reach of it."""
    x = torch.arange(64.0).reshape(1, 1, 8, 8).expand(50, 2, 8, 8) / 64
    moved = Augmentation(crop=2)(x, generator())
    padded = torch.nn.functional.pad(x[:1], (2,) * 4, mode="reflect")[0]
    windows = {tuple(padded[:, i : i + 8, j : j + 8].flatten().tolist()): (i, j) for i in range(5) for j in range(5)}
    found = {windows[tuple(image.flatten().tolist())] for image in moved}
    assert len(found) > 15, "of 25 places, most should be seen in 50 draws"


def test_flips_mirror_about_half():
    x = networks.pictures(200, (1, 3, 4))
    flipped = Augmentation(flip=True)(x, generator())
    mirrored = (flipped == x.flip(3)).all(3).all(2).all(1)
    same = (flipped == x).all(3).all(2).all(1)
    assert bool((mirrored ^ same).all())
    assert 70 < int(mirrored.sum()) < 130


def test_turning_by_nothing_changes_nothing_and_by_much_does():
    x = networks.pictures(3, (3, 9, 9))
    assert torch.allclose(Augmentation(rotate=1e-9)(x, generator()), x, atol=1e-5)
    assert (Augmentation(rotate=45)(x, generator()) - x).abs().mean() > 0.05
    assert (Augmentation(scale=0.3)(x, generator()) - x).abs().mean() > 0.05


def test_light_stays_in_range():
    x = networks.pictures(30, (3, 9, 9))
    lit = Augmentation(light=0.5)(x, generator())
    assert float(lit.min()) >= 0
    assert float(lit.max()) <= 1
    assert (lit.mean((1, 2, 3)) - x.mean((1, 2, 3))).abs().max() > 0.05


def test_the_same_seed_gives_the_same_changes():
    x = networks.pictures(8, (3, 9, 9))
    everything = Augmentation(crop=2, flip=True, rotate=10, scale=0.1, light=0.2)
    assert torch.equal(everything(x, generator(5)), everything(x, generator(5)))
    assert not torch.equal(everything(x, generator(5)), everything(x, generator(6)))


def test_the_average_is_the_recurrence_and_forgets_its_start():
    network = networks.fill(torch.nn.utils.skip_init(torch.nn.Linear, 2, 2))
    average = Average(network, 0.9)
    by_hand = network.weight.detach().clone()
    for step in range(30):
        with torch.no_grad():
            network.weight.add_(0.1)
        average.update(step)
        decay = min(0.9, 1 - 10 / (step + 10))
        by_hand = decay * by_hand + (1 - decay) * network.weight.detach()
        if step == 0:
            assert torch.equal(average.network.weight, network.weight), "the first weights are noise"
    assert torch.allclose(average.network.weight, by_hand, atol=1e-6)


def test_running_statistics_are_averaged_too():
    network = torch.nn.BatchNorm2d(3)
    average = Average(network, 0.5)
    network(networks.pictures(4, (3, 5, 5)))
    average.update(0)
    assert torch.equal(average.network.running_mean, network.running_mean)
    assert not average.network.training


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_the_learning_rate_rises_and_falls_to_nothing(schedule):
    recipe = toys.recipe(learning_rate=0.4, warmup=0.25, schedule=schedule)
    rates = [learning_rate(recipe, k / 100) for k in range(100)]
    assert max(rates) == pytest.approx(0.4)
    assert rates.index(max(rates)) == 25
    assert all(a < b for a, b in pairwise(rates[1:26]))
    assert all(a > b for a, b in pairwise(rates[25:]))
    assert 0 < rates[-1] < 0.02 * 0.4
    assert rates[0] > 0
    assert learning_rate(toys.recipe(learning_rate=0.4, warmup=0), 0.0) == pytest.approx(0.4)
