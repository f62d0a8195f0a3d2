"""Who is unsure does not answer."""

from typing import ClassVar

from torch import Tensor, nn

from advlab.core.classifier import Classifier
from advlab.core.detector import Detector
from advlab.defenses import register


@register
class Confidence(Detector):
    """The suspicion is the logarithm of the probability that is left for all other classes.

    Reference: Hendrycks, Gimpel: A baseline for detecting misclassified and out-of-distribution examples in neural
    networks, ICLR 2017, arXiv 1610.02136. An attack that goes on after its first success ends surer than the
    network was of the clean picture.
    """

    name: ClassVar[str] = "confidence"
    title: ClassVar[str] = "Confidence threshold"

    def scoring(self, classifier: Classifier, *, known: bool) -> nn.Module:
        """By the softmax."""
        return _Unsure(classifier)


class _Unsure(nn.Module):
    def __init__(self, inner: Classifier) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.inner(x)
        others = logits.scatter(1, logits.argmax(1, keepdim=True), float("-inf")).logsumexp(1)
        # log(1 - p) of the largest p: the probability itself rounds to one.
        return logits, others - logits.logsumexp(1)
