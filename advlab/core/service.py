"""What an interface in front of a model shows of its answers: who has not the weights gets no more than that."""

from typing import ClassVar

import torch
from torch import Tensor

from advlab.core.attack import Widget, param
from advlab.core.parameters import Parameters
from advlab.core.randomness import fresh

# A probability that is shown as zero is taken for less than half of the last decimal; without rounding for this.
_LEAST = 1e-12


class Service(Parameters):
    """A model behind an interface: how much it says, how exactly, and how often."""

    name: ClassVar[str] = "service"
    title: ClassVar[str] = "The interface"

    top: int | None = param(
        None, "Classes shown", "Only so many of the most likely classes are shown with their probabilities.", ge=1,
        widget=Widget(1, 100),
    )  # fmt: skip
    decimals: int | None = param(
        None, "Decimals", "To how many decimals the probabilities are rounded.", ge=0, le=15, widget=Widget(0, 6)
    )
    noise: float = param(
        0.0, "Noise", "Standard deviation of what is added to each probability, anew in each answer.", ge=0, le=1,
        widget=Widget(0, 0.1, 0.005),
    )  # fmt: skip
    per_minute: int | None = param(
        None, "Questions a minute", "How many are answered.", ge=1, widget=Widget(1, 10_000, 10)
    )
    minutes: float | None = param(
        None, "Patience in minutes", "For how long the attacker goes on, at so many questions a minute.", gt=0,
        widget=Widget(1, 10_000, 10),
    )  # fmt: skip

    @property
    def open(self) -> bool:
        """Whether it shows everything, as exactly as the model says it."""
        return self.top is None and self.decimals is None and not self.noise

    def budget(self, most: int | None) -> int | None:
        """How many questions can be asked, of `most` that are wanted."""
        if self.per_minute is None or self.minutes is None:
            return most
        reachable = max(1, int(self.per_minute * self.minutes))
        return reachable if most is None else min(most, reachable)

    def shown(self, logits: Tensor, images: Tensor) -> Tensor:
        """Logits `[Q, K]` that say what is shown about `images` `[Q, C, H, W]`, and nothing else.

        They are logarithms of the probabilities. Where only the top is shown, the others get equal parts of what is
        left, but never more than the least that is shown: whoever sees no more cannot tell them apart.
        """
        if self.open:
            return logits
        shares = self._disturbed(logits.softmax(1), images)
        least = _LEAST
        if self.decimals is not None:
            shares = shares.round(decimals=self.decimals)
            least = 0.5 * 10.0**-self.decimals
        if self.top is not None and self.top < shares.shape[1]:
            best, places = shares.topk(self.top, dim=1)
            left = (1 - best.sum(1, keepdim=True)).clamp_min(0) / (shares.shape[1] - self.top)
            shares = torch.minimum(left, best[:, -1:]).expand_as(shares).scatter(1, places, best)
        shown = shares.clamp_min(least).log()
        return torch.where(logits.isnan().any(1, keepdim=True), torch.nan, shown)

    def labelled(self, logits: Tensor, images: Tensor) -> Tensor:
        """As `shown`, where only the most likely class is told: rounding does not change which it is."""
        return self._disturbed(logits.softmax(1), images).clamp_min(_LEAST).log() if self.noise else logits

    def _disturbed(self, shares: Tensor, images: Tensor) -> Tensor:
        if not self.noise:
            return shares
        return (shares + self.noise * fresh(images).normal((shares.shape[1],)).to(shares.dtype)).clamp_min(0)


OPEN = Service()
