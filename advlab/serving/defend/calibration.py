"""Clean pictures to set a detector's threshold on, that are there without a data set: what our own code draws."""

from functools import cache
from itertools import islice

import torch
from PIL import Image
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.data import samples

# At least so many where there are drawings at all; more samples than this are taken as they are.
_ENOUGH = 60


def pictures(classifier: Classifier, but: Tensor) -> Tensor:
    """Pictures `[N, C, H, W]` of what the classifier knows: the samples, and more drawings where they are few.

    Args:
        classifier: whose classes they show.
        but: a picture `[1, C, H, W]` that is not to be among them, since it is what is attacked.
    """
    prepared = [classifier.prepare(one) for one in _known(classifier.labels)]
    others = [one for one in prepared if not torch.equal(one, but)]
    return torch.cat(others) if others else but[:0]


@cache
def _known(labels: tuple[str, ...]) -> tuple[Image.Image, ...]:
    found = [one.picture() for one in samples.fitting(labels)]
    more = islice(samples.again(labels), max(0, _ENOUGH - len(found)))
    return (*found, *(picture for picture, _ in more))
