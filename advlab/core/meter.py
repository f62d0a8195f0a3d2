"""A model behind a counter: it answers questions about images, and not one more than is allowed."""

from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core import rejecting
from advlab.core.classifier import Classifier, Size
from advlab.core.memory import in_chunks
from advlab.core.randomness import question
from advlab.core.service import OPEN, Service
from advlab.errors import ParameterError


@dataclass(frozen=True)
class Told:
    """What was answered to `n` questions.

    Attributes:
        labels: `[n]` classes; -1 where there is no answer: not granted, or the model rejects the image.
        scores: `[n, K]` logits as they are shown, NaN where there is no answer; None where only labels are told.
        granted: `[n]`, which questions were within the budget; those and no others were counted.
    """

    labels: Tensor
    scores: Tensor | None
    granted: Tensor

    @property
    def answered(self) -> Tensor:
        """Which questions `[n]` have an answer."""
        return self.labels >= 0


class Meter:
    """A classifier that can be asked, and nothing else: it has no gradients to give.

    Args:
        classifier: who answers.
        most_queries: how many images it is asked about at most; None: without a limit.
        service: what an interface in front of it shows of its answers, and how many it gives.
        seed: of the noise of what answers at random.

    Attributes:
        asked: how many images it has been asked about, and answered.
        refused: how many it would have been asked about beyond the budget.

    Raises:
        ParameterError: a budget below zero.
    """

    def __init__(
        self, classifier: Classifier, most_queries: int | None = None, *, service: Service = OPEN, seed: int = 0
    ) -> None:
        if most_queries is not None and most_queries < 0:
            raise ParameterError(f"most_queries is a whole number, at least 0, not {most_queries}.")
        self._classifier, self._service, self._seed = classifier, service, seed
        self.most_queries = service.budget(most_queries)
        self.asked = self.refused = 0

    @property
    def remaining(self) -> int | None:
        """How many more questions are answered; None: without a limit."""
        return None if self.most_queries is None else self.most_queries - self.asked

    @property
    def name(self) -> str:
        """What people call the model."""
        return self._classifier.name

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the `K` classes, which an interface tells along with its answers."""
        return self._classifier.labels

    @property
    def input_size(self) -> Size:
        """`(C, H, W)` of the images that it takes."""
        return self._classifier.input_size

    @property
    def device(self) -> torch.device:
        """Where it wants images, and puts answers."""
        return self._classifier.device

    def labels(self, x: Tensor) -> Told:
        """The most likely class of each image `[n, C, H, W]`."""
        said, granted = self._ask(x, scores=False)
        return Told(self._accepted(said), None, granted)

    def scores(self, x: Tensor) -> Told:
        """What it shows of its probabilities for each image `[n, C, H, W]`."""
        said, granted = self._ask(x, scores=True)
        labels = self._accepted(said)
        scores = said[:, : len(self.classes)].masked_fill((labels < 0).unsqueeze(1), torch.nan)
        return Told(labels, scores, granted)

    def _ask(self, x: Tensor, *, scores: bool) -> tuple[Tensor, Tensor]:
        """All that is said `[n, K]` or `[n, K + 1]`, NaN beyond the budget; and which `[n]` were within it."""
        within = len(x) if self.remaining is None else min(len(x), self.remaining)
        number, classes = self.asked, len(self.classes)
        self.asked += within
        self.refused += len(x) - within
        shown = self._service.shown if scores else self._service.labelled

        def work(part: slice) -> tuple[Tensor, ...]:
            images = x[part].to(self.device)
            said = rejecting.answers(self._classifier, images, search=False)
            return (torch.cat((shown(said[:, :classes], images), said[:, classes:]), 1),)

        granted = torch.arange(len(x), device=self.device) < within
        if within == 0:
            return torch.full((len(x), classes), torch.nan, device=self.device), granted
        with torch.no_grad(), question(self._seed, number):
            said = in_chunks(within, self._classifier, work)[0]
        every = said.new_full((len(x), said.shape[1]), torch.nan)
        every[:within] = said
        return every, granted

    def _accepted(self, said: Tensor) -> Tensor:
        """The classes `[n]` that are given out, else -1."""
        classes = len(self.classes)
        logits, acceptance = said[:, :classes], said[:, classes:]
        answered = ~logits.isnan().any(1) & (acceptance > 0).all(1)
        return torch.where(answered, logits.nan_to_num().argmax(1), -1)
