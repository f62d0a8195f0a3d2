"""The same answer for another reason: a small change of the picture that keeps the label and bends the explanation.

References: Ghorbani, Abid, Zou: Interpretation of neural networks is fragile, AAAI 2019, arXiv 1710.10547 (away from
what was important, their top-k attack); Dombrowski and others: Explanations can be manipulated and geometry is to
blame, NeurIPS 2019, arXiv 1906.07983 (towards a map; softplus with a growing beta; keeping the logits).

Departures: both goals take steps of one size along the sign of a gradient with momentum (Dong and others, CVPR 2018,
arXiv 1710.06081), because the budget is L∞; a map is compared with the wanted one after both are centred and scaled,
so that their distance is one of correlation; what counts is a picture in 8 bits, judged by the network as it is.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor

from advlab.analysis.attribution import METHODS, Attribution, Question
from advlab.analysis.similarity import Likeness, important, likeness, places
from advlab.analysis.smooth import Smooth
from advlab.analysis.ticking import Tick, nothing
from advlab.core.classifier import Classifier
from advlab.core.memory import in_chunks
from advlab.core.verdicts import votes
from advlab.errors import InputError, ParameterError

Method = Literal["saliency", "input_x_gradient"]

_LEVELS = 255
_MOMENTUM = 0.8


@dataclass(frozen=True)
class Bent:
    """How far it has come.

    Attributes:
        step: how many steps were taken.
        loss: what they lower, on the smooth network, without the part that keeps the logits.
        kept: whether this step's picture, in 8 bits, still has the label; the best one always has.
        image: the best picture so far `[C, H, W]`, multiples of 1/255; before anything is found, the clean one.
        explanation: of that picture, by the network as it is.
        likeness: of that to the explanation of the clean picture.
        agreement: its correlation with the wanted map, from -1 to 1; None where no map is wanted.
    """

    step: int
    loss: float
    kept: bool
    image: Tensor
    explanation: Attribution
    likeness: Likeness
    agreement: float | None


def bend(
    classifier: Classifier,
    image: Tensor,
    index: int,
    *,
    eps: float,
    steps: int = 50,
    step_size: float | None = None,
    wanted: Tensor | None = None,
    method: Method = "saliency",
    share: float = 0.1,
    beta: float = 100.0,
    keep: float = 1.0,
    tick: Tick = nothing,
) -> Iterator[Bent]:
    """A step at a time; the first of `steps + 1` is the clean picture. Nothing is random, so there is no seed.

    Args:
        classifier: the model; nothing in it is changed.
        image: `[C, H, W]`, multiples of 1/255.
        index: the class whose logit is explained; the label that is kept is the model's own answer.
        eps: how far a value may move, in [0, 1].
        steps: how many.
        step_size: in [0, 1]; None is 2.5 ε / steps.
        wanted: the map to get `[H, W]`; None is to get away: the most important places are to lose their importance.
        method: the explanation that is bent.
        share: which part of all places counts as the most important.
        beta: of softplus at the end; it grows from a tenth of that, for what is smoother is easier to search.
        keep: weight of the mean squared change of the logits, relative to their variance over classes.
        tick: called between chunks of work; what it raises ends the work.

    Raises:
        InputError: a picture that is not in 8 bits, or a wanted map of another size, or one without any contrast.
        ParameterError: an impossible number; an explanation that is empty, or that no gradient can bend.
    """
    if steps < 1 or not 0 <= eps < math.inf or not 0 < beta < math.inf:
        raise ParameterError(f"Steps and beta must be above 0 and ε not below, not {steps}, {beta} and {eps}.")
    if method not in get_args(Method):
        raise ParameterError(f"Only {' and '.join(get_args(Method))} can be bent, not {method}.")
    whole = (image * _LEVELS).round()
    near = (image * _LEVELS - whole).abs() <= 1e-3  # not so where it is no number
    if not near.all() or float(whole.min()) < 0 or float(whole.max()) > _LEVELS:
        raise InputError("It takes a picture in 8 bits, multiples of 1/255 in [0, 1], as a model's `prepare` gives it.")
    levels = math.floor(eps * _LEVELS * (1 + 1e-5))  # 8/255 may be a hair below eight of them
    step_size = 2.5 * eps / steps if step_size is None else step_size
    q = Question(classifier, image, index, tick=tick)
    aim = _Aim.of(q, method, share, keep, wanted)
    label, best = _label(q), aim.look(q)
    x, speed = image, torch.zeros_like(image)
    for step in range(steps + 1):
        change = ((x - image) * _LEVELS).round().clamp(-levels, levels)
        tried = replace(q, image=(whole + change).clamp(0, _LEVELS) / _LEVELS)
        kept = _label(tried) == label
        if kept:
            best = max(best, aim.look(tried), key=lambda look: look.score)
        loss, slope = aim.slope(q, x, beta * 0.1 ** (1 - step / steps))
        if step == 0 and not slope.any():  # here the logits are kept, so the slope is the explanation's alone
            raise ParameterError(_stiff(classifier))
        yield Bent(step, loss, kept, best.image, best.explanation, best.likeness, best.agreement)
        speed = _MOMENTUM * speed + slope / slope.abs().mean().clamp_min(torch.finfo(slope.dtype).tiny)
        x = torch.minimum(torch.maximum(x - step_size * speed.sign(), image - eps), image + eps).clamp(0, 1)


@dataclass(frozen=True)
class _Look:
    """A picture, its explanation, and how near that is to the aim: the larger the score, the nearer."""

    image: Tensor
    explanation: Attribution
    likeness: Likeness
    agreement: float | None

    @property
    def score(self) -> float:
        if self.agreement is not None:
            return self.agreement
        return -math.inf if self.likeness.overlap is None else -self.likeness.overlap


@dataclass(frozen=True)
class _Aim:
    """Where the explanation is to go; see `bend`."""

    method: Method
    share: float
    keep: float
    before: Attribution
    wanted: Tensor | None  # centred and scaled

    @classmethod
    def of(cls, q: Question, method: Method, share: float, keep: float, wanted: Tensor | None) -> "_Aim":
        before = METHODS[method](q)
        if not important(places(before), share).any():
            raise ParameterError(f"{q.classifier.name} explains nothing here: there is no explanation to bend.")
        if wanted is None:
            return cls(method, share, keep, before, None)
        if wanted.shape != q.image.shape[1:] or not float(wanted.max()) > float(wanted.min()):
            raise InputError(f"The wanted map needs the size of the picture, {tuple(q.image.shape[1:])}, and contrast.")
        return cls(method, share, keep, before, _standard(wanted.to(q.image)))

    def look(self, q: Question) -> _Look:
        explanation = METHODS[self.method](q)
        agreement = None
        if self.wanted is not None:
            agreement = float((_standard(places(explanation).abs()) * self.wanted).mean())
        return _Look(q.image, explanation, likeness(self.before, explanation, share=self.share), agreement)

    def slope(self, q: Question, x: Tensor, beta: float) -> tuple[float, Tensor]:
        """The loss at `x` `[C, H, W]`, and the gradient of it and of what keeps the logits."""

        def work(_: slice) -> tuple[Tensor, ...]:
            with torch.no_grad(), Smooth(beta):
                clean = q.model(q.image.unsqueeze(0))
            with torch.enable_grad():
                asked = x.unsqueeze(0).detach().requires_grad_()
                with Smooth(beta):
                    logits = q.model(asked)
                (gradient,) = torch.autograd.grad(logits[0, q.index], asked, create_graph=True)
                signed = self.method == "input_x_gradient"
                values = gradient * asked if signed else gradient.abs()
                loss = self._loss(places(Attribution(values[0], signed)).abs())
                change = (logits - clean).square().mean() / clean.var(correction=0).clamp_min(1e-12)
                try:
                    (slope,) = torch.autograd.grad(loss + self.keep * change, asked)
                except RuntimeError as error:  # PyTorch's fused attention has no second derivative
                    if "is not implemented" not in str(error):
                        raise
                    raise ParameterError(_stiff(q.classifier)) from error
            return loss.detach().unsqueeze(0), slope

        loss, slope = in_chunks(1, q.classifier, work, backward=True)
        return float(loss), slope[0]

    def _loss(self, where: Tensor) -> Tensor:
        if self.wanted is not None:
            return (_standard(where) - self.wanted).square().mean()
        return where[important(places(self.before), self.share)].sum() / where.sum()


def _standard(where: Tensor) -> Tensor:
    centred = where - where.mean()
    return centred / centred.square().mean().sqrt().clamp_min(torch.finfo(where.dtype).tiny)


def _label(q: Question) -> int:
    q.tick()
    return int(votes(q.classifier, q.image.unsqueeze(0)).answer[0])


def _stiff(classifier: Classifier) -> str:
    return (
        f"{classifier.name} has no second derivative to follow, even with its ReLUs made smooth: "
        "its explanations cannot be bent this way, so choose another model."
    )
