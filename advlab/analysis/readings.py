"""What a model says about pictures of a slice or a line, in the numbers that are drawn."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.analysis.ticking import Tick, nothing
from advlab.core.classifier import Classifier
from advlab.core.memory import in_chunks


@dataclass(frozen=True)
class Readings:
    """Numbers `[Q]` about each picture.

    Attributes:
        index: the class that is answered.
        margin: logit of the clean class less the best other: 0 is its boundary, below it is lost.
        probability: of the clean class, by softmax; not calibrated.
        loss: cross-entropy to the clean class.
        lead: logit of the answer less the best other: how near any boundary is.
    """

    index: Tensor
    margin: Tensor
    probability: Tensor
    loss: Tensor
    lead: Tensor


@dataclass(frozen=True)
class Reader:
    """Asks a model about pictures.

    Attributes:
        classifier: the model.
        clean: index of the clean class, whose margin, probability and loss are read.
        clip: put pixels back into [0, 1] first, as a saved picture has them.
        tick: called between chunks of work; what it raises ends the work.
    """

    classifier: Classifier
    clean: int
    clip: bool = True
    tick: Tick = nothing

    def read(self, blocks: Iterable[Tensor]) -> Readings:
        """All pictures of some blocks `[_, C, H, W]`, each block made when its turn comes."""
        with torch.no_grad():
            logits = torch.cat([self._logits(block) for block in blocks]).float()
        own = logits[:, self.clean]
        others = logits.clone()
        others[:, self.clean] = -torch.inf
        two = logits.topk(2, 1).values
        classes = torch.full((len(logits),), self.clean, device=logits.device)
        return Readings(
            index=logits.argmax(1),
            margin=own - others.amax(1),
            probability=logits.softmax(1)[:, self.clean],
            loss=F.cross_entropy(logits, classes, reduction="none"),
            lead=two[:, 0] - two[:, 1],
        )

    def _logits(self, images: Tensor) -> Tensor:
        if self.clip:
            images = images.clamp(0, 1)

        def work(part: slice) -> tuple[Tensor, ...]:
            self.tick()
            return (self.classifier(images[part]),)

        return in_chunks(len(images), self.classifier, work)[0]
