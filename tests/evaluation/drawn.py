"""Drawn digits with their classes, for tests of what is counted on sets."""

from functools import cache
from itertools import islice

import torch

from advlab import models
from advlab.core.norms import Norm
from advlab.data import samples
from advlab.evaluation.testset import TestSet
from advlab.evaluation.trial import Budget

BUDGET = Budget(Norm.LINF, 0.3, steps=10)


@cache
def digits(count=10):
    """The plain network, and so many drawings that it knows."""
    network = models.load("mnist_standard", "cpu")
    drawn = list(islice(samples.again(network.labels), count))
    images = torch.cat([(network.prepare(picture) * 255).round().to(torch.uint8) for picture, _ in drawn])
    return network, TestSet(images, torch.tensor([label for _, label in drawn]), torch.arange(count), "drawings")
