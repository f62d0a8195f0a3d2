"""Feature squeezing: the network is asked again about simplified pictures; if it changes its mind, nobody answers."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from advlab.core.attack import Widget, param
from advlab.core.classifier import Classifier
from advlab.core.defense import Gradients
from advlab.core.detector import Detector
from advlab.core.randomness import fresh
from advlab.core.transformation import Stage, Transformation
from advlab.defenses import register
from advlab.defenses.bit_depth import BitDepth
from advlab.defenses.median import Median
from advlab.defenses.non_local_means import NonLocalMeans
from advlab.errors import ParameterError


@register
class FeatureSqueezing(Detector):
    """The joint detector: the largest L1 distance between the probabilities of the picture and of each squeezed one.

    Reference: Xu, Evans, Qi: Feature squeezing: detecting adversarial examples in deep neural networks, NDSS 2018,
    arXiv 1704.01155: on MNIST 1 bit and median 2 × 2, in colour 5 bits, median 2 × 2 and non-local means 13-3-2.
    """

    name: ClassVar[str] = "feature_squeezing"
    title: ClassVar[str] = "Feature squeezing"

    bits: int = param(5, "Bits", "Of the squeezer of colours; 8 leaves it out.", ge=1, le=8, widget=Widget(1, 8))
    median: int = param(2, "Median window", "Pixels of its side; 1 leaves it out.", ge=1, le=31, widget=Widget(1, 5))
    non_local_means: bool = param(False, "Non-local means", "As a third squeezer.")

    @property
    def squeezers(self) -> tuple[Transformation, ...]:
        """What the picture is simplified by."""
        found: list[Transformation] = []
        if self.bits < 8:
            found.append(BitDepth(bits=self.bits))
        if self.median > 1:
            found.append(Median(size=self.median))
        if self.non_local_means:
            found.append(NonLocalMeans())
        return tuple(found)

    @property
    def passes(self) -> int:
        """One, and one for each squeezer."""
        return 1 + len(self.squeezers)

    @property
    def gradients(self) -> tuple[Gradients, ...]:
        """Around the squeezers that have none."""
        return (Gradients.BPDA,)

    @property
    def through(self) -> str:
        """A sentence."""
        return (
            "The attacker goes forward through the squeezers, back around those without a gradient (BPDA), and weighs "
            "the score against the class."
        )

    def scoring(self, classifier: Classifier, *, known: bool) -> nn.Module:
        """All squeezers together.

        Raises:
            ParameterError: none is left, or one leaves nothing of the picture.
        """
        if not self.squeezers:
            raise ParameterError(f"{self.title} has no squeezer left: choose fewer than 8 bits, or a median window.")
        for squeezer in self.squeezers:
            squeezer.check(classifier.input_size)
        stages = [Stage(one, straight=known and one.backward is not None) for one in self.squeezers]
        return _Squeezed(classifier, stages)


class _Squeezed(nn.Module):
    def __init__(self, inner: Classifier, stages: list[Stage]) -> None:
        super().__init__()
        self.inner, self.stages = inner, nn.ModuleList(stages)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        noise = fresh(x)
        logits = self.inner(torch.cat((x, *(stage(x, noise) for stage in self.stages))))
        plain, *squeezed = logits.softmax(1).split(len(x))
        distances = torch.stack([(plain - one).abs().sum(1) for one in squeezed])
        return logits[: len(x)], distances.amax(0)
