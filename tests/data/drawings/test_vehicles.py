"""The drawn vehicles: the same at every call, and shown first to models that know them."""

import numpy as np

from advlab.data.drawings.scene import SIDE
from advlab.data.drawings.vehicles import VEHICLES
from advlab.data.samples import fitting

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def test_each_is_a_picture_of_its_own_and_the_same_again() -> None:
    pictures = {name: draw() for name, draw in VEHICLES.items()}
    assert {(one.size, one.mode) for one in pictures.values()} == {((SIDE, SIDE), "RGB")}
    assert all(np.array_equal(one, VEHICLES[name]()) for name, one in pictures.items())
    pixels = [np.asarray(one, dtype=int) for one in pictures.values()]
    assert all(np.abs(a - b).mean() > 10 for k, a in enumerate(pixels) for b in pixels[:k])


def test_the_set_of_which_a_model_knows_more_comes_first() -> None:
    assert [one.name for one in fitting(CIFAR10)] == [*VEHICLES, "cat"]
    assert [one.name for one in fitting(("cat", "espresso", "truck"))] == ["coffee", "cat", "truck"]
