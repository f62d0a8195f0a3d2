"""The verifier: what a model says, in float32, about images that would be given back.

A stochastic model (`classifier.votes` above 1) is asked several times afresh. Its answer is the label
that most votes name, its margin the median of theirs, so that success means most votes; the luckiest
of many noisy queries of the search proves nothing.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core import rejecting
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.memory import in_chunks
from advlab.core.randomness import question

# The verifier's own noise for models with randomness in them: no attacker has this seed.
_SEED = -1


@dataclass(frozen=True)
class Votes:
    """What several forward passes say about the same images.

    Attributes:
        said: `[V, N, K]` logits, with the acceptance as one more column of a model that may reject.
        classes: K.
    """

    said: Tensor
    classes: int

    def __len__(self) -> int:
        return len(self.said)

    @property
    def logits(self) -> Tensor:
        """`[V, N, K]`."""
        return self.said[:, :, : self.classes]

    @property
    def shares(self) -> Tensor:
        """The mean probabilities `[N, K]`."""
        return self.logits.softmax(2).mean(0)

    @property
    def answer(self) -> tuple[Tensor, Tensor]:
        """Label `[N]` that most of the votes name, and its mean probability."""
        label = self.logits.argmax(2).mode(0).values
        return label, self.shares.gather(1, label.unsqueeze(1)).squeeze(1)

    @property
    def accepted(self) -> Tensor:
        """Whether most of the votes would give an answer out `[N]`; always, without a detector."""
        shown = self.said[:, :, self.classes :]
        return (shown > 0).all(2).float().mean(0) > 0.5

    def margin(self, goal: Goal) -> Tensor:
        """The goal's margin `[N]` by most of the votes: of an even number, the lower middle."""
        return torch.stack([rejecting.margin(goal, vote, self.classes) for vote in self.said]).median(0).values


def votes(classifier: Classifier, images: Tensor) -> Votes:
    """What `classifier.votes` forward passes say about images `[N, C, H, W]`."""

    def work(part: slice) -> tuple[Tensor, ...]:
        return (rejecting.answers(classifier, images[part], search=False),)

    passes = []
    with torch.no_grad():
        for number in range(classifier.votes):
            with question(_SEED, number):
                passes.append(in_chunks(len(images), classifier, work)[0])
    return Votes(torch.stack(passes), len(classifier.labels))


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

    def judge(self, images: Tensor, rows: Tensor) -> Votes:
        """The votes on `images`, noted as those of these rows."""
        found = votes(self._classifier, images)
        self.passes[rows] += len(found)
        self.label[rows], self.confidence[rows] = found.answer
        largest = found.said.abs().amax((0, 2)).nan_to_num(0, 0)
        self.rounding[rows] = 100 * torch.finfo(found.said.dtype).eps * largest
        return found

    def snapshot(self) -> Answers:
        """The answers as they are now."""
        return Answers(self.label.clone(), self.confidence.clone(), self.margin.clone())
