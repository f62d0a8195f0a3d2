"""A second model beside the first: does the same attack work on it, and does the first one's picture?"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from advlab import models
from advlab.serving.lab import opinion, shares, taken
from advlab.serving.outcome import Opinion, Outcome


@dataclass(frozen=True)
class Transfer:
    """What a second model says about the pictures of a run on the first one.

    Where its input has another size, the pictures are scaled for it as any photo would be.
    """

    clean: Opinion
    adversarial: Opinion
    scaled: bool

    @property
    def fooled(self) -> bool:
        """Whether its answer changes, too."""
        return self.clean.index != self.adversarial.index


def transfer(outcome: Outcome, model: str) -> Transfer:
    """Show the pictures of a run to another model."""
    classifier = models.load(model)
    height, width, channels = outcome.clean.shape
    same = classifier.input_size == (channels, height, width)
    clean, adversarial = (
        opinion(classifier, shares(classifier, taken(classifier, _picture(pixels), exact=same)))
        for pixels in (outcome.clean, outcome.adversarial)
    )
    return Transfer(clean, adversarial, scaled=not same)


def _picture(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
