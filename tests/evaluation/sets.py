"""Small sets of pictures for tests."""

import torch

from advlab.data.sets import ImageSet
from advlab.evaluation.testset import TestSet
from tests import networks

SIZE = (1, 4, 4)


def pictures(count=24, size=SIZE, seed=0):
    """Random 8-bit pictures `[N, C, H, W]`."""
    return (networks.pictures(count, size, seed) * 255).round().to(torch.uint8)


def image_set(labels, names=None, size=SIZE):
    """A set with these classes, whose pictures are random."""
    labels = torch.as_tensor(labels)
    names = names or tuple(str(k) for k in range(int(labels.max()) + 1))
    return ImageSet(pictures(len(labels), size), labels, names)


def answered(classifier, count=24, wrong=(), size=SIZE, seed=0):
    """Random pictures labelled as the classifier sees them, but for those that are `wrong`."""
    images = pictures(count, size, seed)
    labels = classifier(images.float() / 255).argmax(1)
    for row in wrong:
        labels[row] = (labels[row] + 1) % len(classifier.labels)
    return TestSet(images, labels, torch.arange(count), "all of them")
