"""How a substitute is trained, and on what: the attacker's choices and growing set of pictures."""

from typing import Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from advlab.core.classifier import Classifier, Size
from advlab.core.memory import in_chunks
from advlab.errors import ParameterError

# Pictures with longer sides are for networks that this one would be no copy of.
LONGEST = 64
_NETWORK = "advlab:striding_cnn"


class Substitution(BaseModel):
    """The attacker's choices.

    Attributes:
        rounds: how often the substitute is trained; before each but the first the set grows.
        epochs: of training, in each round.
        step: λ, by how much each value of a new picture differs from the one that it was made of.
        period: τ, the step's sign changes after so many rounds; None: it never does.
        doubling: σ, the set doubles so many times at most; later rounds add no more than the reservoir.
        reservoir: κ, how many pictures, drawn at random, a later round makes new ones of.
        answers: what the victim is asked for: labels, or scores, which the substitute then learns softly.
        most_queries: how many pictures the victim is asked about at most, the seeds included.
        architecture: of the substitute, as `models.architectures` takes it.
        shift: pixels by which a picture is moved at most when it is learned, which takes no question.
        batch_size, learning_rate: of the training, with Adam.
        seed: of first weights, order and drawing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rounds: int = Field(6, ge=1, le=100)
    epochs: int = Field(10, ge=1, le=1000)
    step: float = Field(0.1, gt=0, le=1)
    period: int | None = Field(None, ge=1)
    doubling: int = Field(3, ge=0)
    reservoir: int = Field(400, ge=1)
    answers: Literal["labels", "scores"] = "labels"
    most_queries: int | None = Field(6400, ge=1)
    architecture: str = _NETWORK
    shift: int = Field(2, ge=0)
    batch_size: int = Field(64, ge=1)
    learning_rate: float = Field(1e-3, gt=0, le=10)
    seed: int = Field(0, ge=0, lt=2**31)

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
            raise ParameterError(f"{name} = {problem['input']!r} is impossible: {problem['msg'].lower()}.") from None

    def signed(self, number: int) -> float:
        """The step after round `number`, counted from 1, with its sign."""
        turned = self.period is not None and (number - 1) // self.period % 2
        return -self.step if turned else self.step


class Collected:
    """What the attacker has: pictures `[n, C, H, W]` in 8 bits, and what the victim said of each.

    `labels` `[n]` are its classes, `targets` `[n, K]` what is learned.
    """

    def __init__(self, pixels: Tensor, labels: Tensor, targets: Tensor) -> None:
        self.pixels, self.labels, self.targets = pixels, labels, targets

    def __len__(self) -> int:
        return len(self.labels)

    def floats(self, rows: Tensor | slice) -> Tensor:
        """`[n, C, H, W]` in [0, 1]."""
        return self.pixels[rows].float() / 255

    @classmethod
    def none(cls, size: Size, classes: int, device: torch.device) -> Self:
        """Nothing yet."""
        pixels = torch.empty(0, *size, dtype=torch.uint8, device=device)
        return cls(pixels, torch.empty(0, dtype=torch.int64, device=device), torch.empty(0, classes, device=device))

    def add(self, more: "Collected") -> None:
        """More of them."""
        self.pixels = torch.cat((self.pixels, more.pixels))
        self.labels = torch.cat((self.labels, more.labels))
        self.targets = torch.cat((self.targets, more.targets))


def in_8_bits(images: Tensor) -> Tensor:
    """`[n, C, H, W]` uint8: what an interface is given."""
    return (images * 255).round().clamp(0, 255).to(torch.uint8)


def along(substitute: Classifier, images: Tensor, labels: Tensor, step: float) -> Tensor:
    """New pictures `[m, C, H, W]` in 8 bits: each value a step along the sign of the gradient of its label's logit.

    Args:
        substitute: as far as it is trained.
        images: `[n, C, H, W]` in [0, 1].
        labels: `[n]`, the victim's.
        step: with its sign.

    Returns:
        Those that moved; the others have been asked about already.
    """

    def work(part: slice) -> tuple[Tensor, ...]:
        x = images[part].detach().requires_grad_()
        with torch.enable_grad():
            picked = substitute(x).gather(1, labels[part].unsqueeze(1)).sum()
            (slope,) = torch.autograd.grad(picked, x)
        return (in_8_bits(images[part] + step * slope.sign()),)

    made = in_chunks(len(images), substitute, work, backward=True)[0]
    return made[(made != in_8_bits(images)).flatten(1).any(1)]
