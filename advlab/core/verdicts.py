"""The verifier: what a model says, in float32, about images that would be given back.

A stochastic model (`classifier.votes` above 1) is asked several times afresh. Its answer is the label
that most votes name, its margin the median of theirs, so that success means most votes; the luckiest
of many noisy queries of the search proves nothing.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.memory import in_chunks


def votes(classifier: Classifier, images: Tensor) -> Tensor:
    """Logits `[V, N, K]`: `classifier.votes` forward passes over images `[N, C, H, W]`."""

    def work(part: slice) -> tuple[Tensor, ...]:
        return (classifier(images[part]),)

    with torch.no_grad():
        passes = [in_chunks(len(images), classifier, work)[0] for _ in range(classifier.votes)]
    return torch.stack(passes)


def margin(logits: Tensor, goal: Goal) -> Tensor:
    """The goal's margin `[N]` by most of the votes `[V, N, K]`: of an even number, the lower middle."""
    return torch.stack([goal.margin(vote) for vote in logits]).median(0).values


def answer(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Label `[N]` that most of the votes `[V, N, K]` name, and its mean probability."""
    label = logits.argmax(2).mode(0).values
    confidence = logits.softmax(2).mean(0).gather(1, label.unsqueeze(1)).squeeze(1)
    return label, confidence


@dataclass(frozen=True)
class Answers:
    """What the model said about each image `[N]`."""

    label: Tensor
    confidence: Tensor
    margin: Tensor


class Verdicts:
    """The verifier's latest answer about each row of a run, and the passes it took."""

    def __init__(self, classifier: Classifier, x: Tensor) -> None:
        self._classifier = classifier
        count = len(x)
        self.margin = x.new_full((count,), -torch.inf)
        self.confidence = x.new_zeros(count)
        self.label = torch.zeros(count, dtype=torch.int64, device=x.device)
        self.passes = torch.zeros_like(self.label)
        # A margin of this size can change its sign in another layout or batch.
        self.rounding = torch.zeros_like(self.margin)

    def judge(self, images: Tensor, rows: Tensor) -> Tensor:
        """Votes `[V, r, K]` on `images`, noted as those of these rows."""
        logits = votes(self._classifier, images)
        self.passes[rows] += len(logits)
        self.label[rows], self.confidence[rows] = answer(logits)
        largest = logits.abs().amax((0, 2)).nan_to_num(0, 0)
        self.rounding[rows] = 100 * torch.finfo(logits.dtype).eps * largest
        return logits

    def snapshot(self) -> Answers:
        """The answers as they are now."""
        return Answers(self.label.clone(), self.confidence.clone(), self.margin.clone())
