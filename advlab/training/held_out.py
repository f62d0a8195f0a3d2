"""How good the weights are on images that were kept from the training: to choose and to stop, never to report."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from advlab.api import attack
from advlab.core.classifier import Classifier, Execution, Preprocessing
from advlab.core.norms import Norm
from advlab.data.sets import ImageSet

_AT_ONCE = 500
_STEPS = 10


@dataclass(frozen=True)
class HeldOut:
    """Images, and how they are attacked.

    `checked` of them are attacked, with PGD of ten steps at `eps` in L∞.
    """

    images: ImageSet
    checked: int
    eps: float
    preprocessing: Preprocessing

    def classifier(self, network: nn.Module) -> Classifier:
        """The network as everything else takes it; frozen from now on, so give a copy of one in training."""
        found = Classifier(
            network,
            self.images.names,
            self.images.size,
            preprocessing=self.preprocessing,
            execution=Execution(chunk=_AT_ONCE),
        )
        return found.with_precision("bf16")

    def accuracy(self, classifier: Classifier) -> tuple[float, float]:
        """Clean and robust accuracy; not a number where there are no images for one."""
        right = self._right(classifier)
        attacked = right[: self.checked].nonzero().squeeze(1)
        if not len(right) or not self.checked:
            return _share(right), float("nan")
        held = 0
        if len(attacked):
            x = self.images.floats(attacked).to(classifier.device)
            labels = self.images.labels[attacked].to(classifier.device)
            result = attack(classifier, x, "pgd", norm=Norm.LINF, eps=self.eps, labels=labels, steps=_STEPS)
            held = int((~result.success).sum())
        return _share(right), held / min(self.checked, len(right))

    @torch.no_grad()
    def _right(self, classifier: Classifier) -> Tensor:
        """Which images `[N]` are classified correctly."""
        answers = [
            classifier(self.images.floats(slice(begin, begin + _AT_ONCE))).argmax(1).cpu()
            for begin in range(0, len(self.images), _AT_ONCE)
        ]
        return torch.cat(answers) == self.images.labels if answers else torch.zeros(0, dtype=torch.bool)


def _share(right: Tensor) -> float:
    return float(right.float().mean()) if len(right) else float("nan")
