"""How far an explanation can be trusted: whether it foretells what the model does, and whether it stays the same.

Reference: Yeh, Hsieh, Suggala, Inouye, Ravikumar: On the (in)fidelity and sensitivity of explanations, NeurIPS 2019,
arXiv 1901.09392. Both numbers are computed by Captum, from pictures that are drawn here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import torch
from torch import Tensor

from advlab.analysis.attribution import Attribution, Question
from advlab.core.memory import chunk_size
from advlab.core.randomness import Noise
from advlab.errors import ParameterError

Change = Literal["squares", "noise"]

# Steps of the picture's stream. Its first is that of the methods: SmoothGrad is not to be tried with its own noise.
_CHANGES, _NEIGHBOURS = 1, 2


@dataclass(frozen=True)
class Infidelity:
    """How badly an explanation foretells how far the logit falls when the picture changes.

    Attributes:
        error: mean squared error in logits², after the explanation was scaled as fits best.
        unexplained: the same, relative to an explanation that says nothing: 0 is perfect, 1 is no better than nothing;
            None where no change had an effect, so that there was nothing to foretell.
        even: what `unexplained` is for an explanation that finds all places equally important: an explanation that
            does not do better says nothing about where.
    """

    error: float
    unexplained: float | None
    even: float | None


def infidelity(
    q: Question,
    explanation: Attribution,
    *,
    change: Change = "squares",
    slopes: bool = False,
    samples: int = 50,
    spread: float = 0.1,
) -> Infidelity:
    """Change the picture in many random ways, and compare what happens with what the explanation foretells.

    Squares, a quarter of the picture's shorter side wide, are replaced by the grey of `q.baseline`: the sum of the
    values in one should say how far the logit falls, whatever the method. (In the paper their size is random; then
    an even explanation does well, since larger squares do more.) Or noise is subtracted, normal but for clipping to
    [0, 1], of which only signed values can say what it does.

    Args:
        q: the question.
        explanation: the answer to it.
        change: what is done to the picture.
        slopes: whether the values are signed slopes, as a gradient's are, to be multiplied by how far a pixel moves;
            else they are shares of the logit, multiplied by which part of its way to the baseline it moves.
        samples: how many changes.
        spread: standard deviation of the noise, in [0, 1].

    Raises:
        ParameterError: no samples, or noise for an explanation without signs.
    """
    from captum.metrics import infidelity as captum_infidelity  # noqa: PLC0415 - Captum takes long to import

    if change == "noise" and not explanation.signed:
        raise ParameterError("An explanation without signs cannot foretell what noise does: change squares.")
    rows = _rows(q, samples, _CHANGES)
    values = explanation.values.to(q.image).expand_as(q.image)
    values = values / values.abs().amax().clamp_min(torch.finfo(values.dtype).tiny)  # squares of small numbers vanish
    # Three explanations of one picture: its own, none, and an even one. The model is asked once for all of them.
    rivals = torch.stack([values, torch.zeros_like(values), torch.ones_like(values)])

    def changed(images: Tensor) -> tuple[Tensor, Tensor]:
        noise, draws = rows(len(images) // 3)
        if change == "squares":
            part = _squares(noise, draws, q.image)
            after = torch.where(part > 0, q.baseline, q.image)
        else:
            after = (q.image - spread * noise.normal(q.image.shape, draws)).clamp(0, 1)
            way = q.image - q.baseline
            part = (q.image - after) / torch.where(way == 0, 1, way)
        return (q.image - after if slopes else part).repeat(3, 1, 1, 1), after.repeat(3, 1, 1, 1)

    errors = captum_infidelity(
        lambda images: q.model(images[: len(images) // 3]).repeat(3, 1),
        changed,
        q.image.expand_as(rivals),
        rivals,
        target=q.index,
        n_perturb_samples=samples,
        max_examples_per_batch=3 * min(samples, chunk_size(q.classifier, backward=False)),
        normalize=True,
    )
    own, none, even = errors.clamp_min(0).tolist()  # differences of large sums
    return Infidelity(own, own / none if none else None, even / none if none else None)


def sensitivity(
    q: Question, method: Callable[[Question], Attribution], *, radius: float = 0.02, samples: int = 10
) -> float | None:
    """How far the explanation moves, relative to its size (L2), when no value of the picture moves by more than a hair.

    The largest of some random neighbours, uniform in the L∞ ball, so a lower bound: `explanation_attack` finds worse.
    Methods with random numbers draw others for each picture, and their own unrest is part of what is measured.

    Args:
        q: the question.
        method: which answers it, one of `attribution.METHODS`.
        radius: of the ball, in [0, 1]: Captum's 0.02 is five levels of 255. Neighbours are clipped to [0, 1].
        samples: how many neighbours.

    Returns:
        0 for an explanation that stays the same, 1 for one that moves by its own size; None if it is empty.

    Raises:
        ParameterError: no samples.
    """
    from captum.metrics import sensitivity_max  # noqa: PLC0415

    rows = _rows(q, samples, _NEIGHBOURS)
    own = method(q).values
    if not own.any():
        return None

    def near(images: Tensor) -> Tensor:
        noise, draws = rows(len(images))
        return (images + radius * (2 * noise.uniform(q.image.shape, draws) - 1)).clamp(0, 1)

    def explained(images: Tensor | tuple[Tensor]) -> Tensor | tuple[Tensor]:
        if isinstance(images, tuple):  # the picture itself, which comes first; a tensor would be taken apart
            return (own.unsqueeze(0),)
        return torch.stack([method(replace(q, image=image)).values for image in images])

    found = sensitivity_max(explained, q.image.unsqueeze(0), near, n_perturb_samples=samples, max_examples_per_batch=1)
    return float(found)


def _rows(q: Question, samples: int, step: int) -> Callable[[int], tuple[Noise, Tensor]]:
    """Gives the streams and the draws of the next so many samples: the same ones in whatever chunks."""
    if samples < 1:
        raise ParameterError(f"It takes at least one sample, not {samples}.")
    stream, rest = Noise.of(q.seed, q.images).at(step), iter(range(samples))

    def following(count: int) -> tuple[Noise, Tensor]:
        rows = torch.zeros(count, dtype=torch.int64, device=q.image.device)
        return stream.take(rows), torch.tensor([*islice(rest, count)], device=q.image.device)

    return following


def _squares(noise: Noise, draws: Tensor, image: Tensor) -> Tensor:
    """A square somewhere in each row, 1 inside and 0 outside, `[N, C, H, W]`."""
    side = max(1, min(image.shape[1:]) // 4)
    inside = image.new_ones(len(draws), *image.shape)
    for axis, at in zip((2, 3), noise.uniform((2,), draws).T, strict=True):
        length = inside.shape[axis]
        begin = (at * (length - side + 1)).floor().unsqueeze(1)
        pixels = torch.arange(length, device=image.device)
        line = (pixels >= begin) & (pixels < begin + side)
        inside *= line[:, None, :, None] if axis == 2 else line[:, None, None, :]
    return inside
