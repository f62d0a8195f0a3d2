"""Who wavers between many classes does not answer."""

from typing import ClassVar

from torch import Tensor, nn

from advlab.core.classifier import Classifier
from advlab.core.detector import Detector
from advlab.defenses import register


@register
class Entropy(Detector):
    """The suspicion is the entropy of the probabilities, in nats.

    Reference: as a measure of doubt in Hendrycks, Gimpel: A baseline for detecting misclassified and
    out-of-distribution examples in neural networks, ICLR 2017, arXiv 1610.02136; and, as here, over the whole
    output: Pang, Du, Dong, Zhu: Towards robust detection of adversarial examples, NeurIPS 2018, arXiv 1706.00633.
    """

    name: ClassVar[str] = "entropy"
    title: ClassVar[str] = "Entropy threshold"

    def scoring(self, classifier: Classifier, *, known: bool) -> nn.Module:
        """By the softmax."""
        return _Wavering(classifier)


class _Wavering(nn.Module):
    def __init__(self, inner: Classifier) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.inner(x)
        logs = logits.log_softmax(1)
        return logits, -(logs.exp() * logs).sum(1)
