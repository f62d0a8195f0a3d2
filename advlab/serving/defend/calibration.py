"""Clean pictures to set a detector's threshold on, that are there without a data set: what our own code draws."""

from functools import cache
from itertools import islice

import torch
from PIL import Image
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.data import samples

# No drawing that is counted on has this number, or one behind it.
_FIRST = 10_000


def pictures(classifier: Classifier, count: int, but: Tensor | None = None) -> Tensor:
    """Pictures `[N, C, H, W]` of what the classifier knows: the samples, and more drawings where they are few.

    Args:
        classifier: whose classes they show.
        count: how many there should be, where there are drawings at all; of more samples all are taken.
        but: a picture `[1, C, H, W]` that is not to be among them, since it is what is attacked.
    """
    prepared = [classifier.prepare(one) for one in _known(classifier.labels, count)]
    others = [one for one in prepared if but is None or not torch.equal(one, but)]
    return torch.cat(others) if others else torch.empty(0, *classifier.input_size, device=classifier.device)


@cache
def _known(labels: tuple[str, ...], count: int) -> tuple[Image.Image, ...]:
    found = [one.picture() for one in samples.fitting(labels)]
    more = islice(samples.again(labels, _FIRST), max(0, count - len(found)))
    return (*found, *(picture for picture, _ in more))
