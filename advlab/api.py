"""`advlab.attack`: from plain arguments to a run of the driver."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from advlab import attacks
from advlab.core import driver
from advlab.core.attack import Access, Attack, Objective
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal, Untargeted
from advlab.core.losses import Term
from advlab.core.norms import Norm
from advlab.core.result import AttackResult
from advlab.core.service import OPEN, Service
from advlab.core.settings import Progress, Settings
from advlab.errors import InputError, ParameterError, ThreatError


def attack(
    classifier: Classifier,
    x: Tensor,
    method: str | Attack,
    *,
    norm: str | Norm | None = None,
    eps: float | Tensor | None = None,
    goal: Goal | None = None,
    labels: Tensor | int | None = None,
    seed: int = 0,
    early_stop: bool = True,
    inside_is_enough: bool = False,
    max_queries: int | None = None,
    start: Tensor | None = None,
    judge: Classifier | None = None,
    extra_loss: Term | None = None,
    service: Service = OPEN,
    frames: int = 0,
    progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    **parameters: Any,  # noqa: ANN401 - checked against the attack's fields
) -> AttackResult:
    """Attack images and judge what came out.

    Args:
        classifier: from `advlab.load` or `advlab.wrap`.
        x: images `[N, C, H, W]` in [0, 1], at the classifier's input size; `classifier.prepare` makes them.
        method: a name from `advlab.attacks.available()`, or a configured attack.
        norm: "linf", "l2", "l1", "l0"; the attack's first one if left out.
        eps: radius, a number or one an image: in [0, 1] units for L∞ (2/255), else in the norm of the
            [0, 1] tensor. Needed by attacks with a radius; a minimal-norm attack succeeds within it.
        goal: `Targeted(class)`, or `Untargeted()`: the default.
        labels: the true classes, for an untargeted goal; the model's own answers if left out. With a
            target the truth plays no part.
        seed: of the noise; the same seed and picture give the same noise in every batch.
        early_stop: retire an image at its first confirmed success; False does all the work and keeps
            the largest margin. Minimal-norm attacks run to their end all the same, unless:
        inside_is_enough: retire an image when a minimal-norm attack has found one within eps.
        max_queries: the attacker's forward passes for an image, never exceeded.
        start: pictures `[N, C, H, W]` of the target, for targeted attacks that see labels only.
        judge: who decides what a success is, if not the classifier that is asked: the victim of an attack on a
            substitute. It has the same classes and takes the same pictures.
        extra_loss: what an attack that sees gradients climbs besides its own loss: a differentiable function of
            images `[Q, C, H, W]` as the model is shown them, their logits `[Q, K]` and the goal, one number `[Q]` an
            image. Success and the choice of the best image do not mind it.
        service: what an interface in front of the model shows of its answers to attacks that see no gradients, and
            how often it answers; `advlab.Service(top=5, decimals=2)`. The verdict is the model's own.
        frames: keep at most as many steps of the first image as a film, in `result.film`.
        progress: called after each step and about five times a second.
        should_stop: asked between chunks of work; True ends the run with what has been found.
        **parameters: the attack's own, such as `steps=20`.

    Raises:
        ParameterError, ThreatError, InputError: each with a sentence that says what to do.
    """
    configured = _configured(method, parameters)
    threat = _norm(configured, norm)
    images = _images(classifier, x)
    if goal is None or (not goal.targeted and goal.classes is None):
        goal = Untargeted(labels)
    if extra_loss is not None and configured.access is not Access.GRADIENT:
        raise ParameterError(f"{configured.title} sees no gradients, so there is nothing to add an extra loss to.")
    if service != OPEN and configured.access is Access.GRADIENT:
        raise ParameterError(f"{configured.title} sees gradients, which no interface shows: choose a black-box attack.")
    settings = Settings(
        seed=_seed(seed),
        early_stop=early_stop,
        inside_is_enough=inside_is_enough,
        max_queries=service.budget(_budget(max_queries)),
        start=None if start is None else _starts(classifier, start, len(images)),
        frames=_frames(frames),
        progress=progress,
        should_stop=should_stop,
        extra_loss=extra_loss,
        service=service,
    )
    radius = _radius(configured, threat, eps, images)
    return driver.run(
        classifier, images, configured, goal=goal, norm=threat, eps=radius, settings=settings, judge=judge
    )


def _configured(method: str | Attack, parameters: dict[str, Any]) -> Attack:
    if isinstance(method, str):
        return attacks.registry.get(method).configured(parameters)
    if parameters:
        raise ParameterError("A configured attack already has its parameters: give the attack's name with them.")
    return method


def _norm(method: Attack, norm: str | Norm | None) -> Norm:
    if norm is None:
        return method.norms[0]
    known = [n.value for n in Norm]
    if norm not in known:
        raise ParameterError(f"There is no norm “{norm}”; there are: {', '.join(known)}.")
    if norm not in method.norms:
        usable = " and ".join(n.symbol for n in method.norms)
        raise ThreatError(f"{method.title} works in {usable}, not in {Norm(norm).symbol}.")
    return Norm(norm)


def _images(classifier: Classifier, x: Tensor) -> Tensor:
    size = classifier.input_size
    if not isinstance(x, Tensor) or x.dim() != 4 or tuple(x.shape[1:]) != size or len(x) == 0:
        got = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
        raise InputError(f"{classifier.name} takes images of shape (N, {', '.join(map(str, size))}), not {got}.")
    images = x.detach().to(classifier.device, classifier.dtype)
    if not bool(images.isfinite().all()):
        raise InputError("Some pixels are not finite numbers.")
    low, high = float(images.min()), float(images.max())
    if low < -1e-6 or high > 1 + 1e-6:
        raise InputError(
            f"Pixels go from {low:.3g} to {high:.3g}; they belong in [0, 1]: the classifier normalises by itself."
        )
    return images.clamp(0, 1)


def _starts(classifier: Classifier, start: Tensor, count: int) -> Tensor:
    pictures = _images(classifier, start)
    if len(pictures) not in (1, count):
        raise InputError(f"Give one start (1, C, H, W), or one for each of the {count} images, not {len(pictures)}.")
    return pictures.expand(count, -1, -1, -1)


def _radius(method: Attack, norm: Norm, eps: float | Tensor | None, images: Tensor) -> Tensor | None:
    if eps is None:
        if method.objective is Objective.RADIUS:
            raise ThreatError(f"{method.title} needs a radius: give eps, for instance eps=2/255 in L∞.")
        return None
    radius = torch.as_tensor(eps, dtype=images.dtype, device=images.device)
    if radius.dim() > 1 or (radius.dim() == 1 and len(radius) != len(images)):
        raise ParameterError(f"Give one eps, or one for each of the {len(images)} images, not {tuple(radius.shape)}.")
    if not bool((radius >= 0).all()) or not bool(radius.isfinite().all()):
        raise ParameterError(f"eps is a size: zero or more, and finite, not {eps}.")
    if norm is Norm.LINF and bool((radius > 1).any()):
        largest = float(radius.max())
        raise ParameterError(f"In L∞ eps is in [0, 1] units, not {largest:g}: write {largest:g}/255 for n/255.")
    return radius.expand(len(images)).contiguous()


def _seed(seed: int) -> int:
    if not 0 <= int(seed) < 2**63:
        raise ParameterError(f"The seed is a whole number from 0 to 2^63 - 1, not {seed}.")
    return int(seed)


def _frames(frames: int) -> int:
    if frames != int(frames) or not 0 <= frames <= 1000:
        raise ParameterError(f"frames is a whole number from 0 to 1000, not {frames}.")
    return int(frames)


def _budget(max_queries: int | None) -> int | None:
    if max_queries is None:
        return None
    if not max_queries >= 1 or not math.isfinite(max_queries) or max_queries != int(max_queries):
        raise ParameterError(f"max_queries is a whole number, at least 1, not {max_queries}.")
    return int(max_queries)
