"""What an interface in front of a model shows of its answers: an attacker without the weights gets no more than that."""

from typing import Self

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from advlab.core.randomness import fresh
from advlab.errors import ParameterError

# A probability that is shown as zero is taken for less than half of the last decimal; without rounding for this.
_LEAST = 1e-12


class Service(BaseModel):
    """A model behind an interface.

    Attributes:
        top: only this many of the most likely classes are shown; of the others it is known what they share.
        decimals: to how many the probabilities are rounded.
        noise: standard deviation of what is added to each probability, anew in each question.
        per_minute: how many questions a minute are answered.
        minutes: for how long the attacker goes on at that pace.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    top: int | None = Field(None, ge=1)
    decimals: int | None = Field(None, ge=0, le=15)
    noise: float = Field(0.0, ge=0, le=1)
    per_minute: int | None = Field(None, ge=1)
    minutes: float | None = Field(None, gt=0, allow_inf_nan=False)

    @classmethod
    def checked(cls, **values: object) -> Self:
        """It with these values.

        Raises:
            ParameterError: a sentence on what is impossible.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(map(str, problem["loc"]))
            raise ParameterError(
                f"An interface with {name} = {problem['input']!r} is impossible: {problem['msg'].lower()}."
            ) from None

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
