"""The inner maximum of robust training, looked at: how high the loss gets from many random starts.

Reference: Madry, Makelov, Schmidt, Tsipras, Vladu: Towards deep learning models resistant to adversarial
attacks, ICLR 2018, arXiv 1706.06083, figures 1 and 2: the losses that restarts reach lie close together, on a
robust network lower than on an undefended one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.analysis.ticking import Tick, nothing
from advlab.core import losses, norms
from advlab.core.classifier import Classifier
from advlab.core.goals import Untargeted
from advlab.core.memory import in_chunks
from advlab.core.norms import Norm
from advlab.core.randomness import Noise
from advlab.errors import ParameterError


@dataclass(frozen=True)
class Climbs:
    """Many runs of projected gradient ascent on the cross-entropy from one picture's ball.

    Attributes:
        loss: `[R, T]`: of each restart, at its random start and after each step.
        fooled: whether the class is lost there `[R, T]`.
    """

    loss: Tensor
    fooled: Tensor


def climb(
    classifier: Classifier,
    image: Tensor,
    index: int,
    *,
    norm: str | Norm = Norm.LINF,
    eps: float,
    restarts: int = 50,
    steps: int = 40,
    seed: int = 0,
    tick: Tick = nothing,
) -> Iterator[Climbs]:
    """All restarts a step at a time; what is yielded last has `steps + 1` columns.

    Steps are of 2.5 ε / steps, as PGD's are. The last iterate counts, not the best, since the climb is what is shown.

    Args:
        classifier: the model.
        image: `[C, H, W]` in [0, 1].
        index: the class whose loss is climbed.
        norm, eps: the ball; eps in the norm of the [0, 1] tensor.
        restarts, steps: how many.
        seed: of the starts: restart `r` begins where a PGD with seed `seed + r` does.
        tick: called between chunks of work; what it raises ends the work.

    Raises:
        ParameterError: no restart, no step, or no radius. ThreatError: a norm that PGD does not know.
    """
    if restarts < 1 or steps < 1 or not 0 < eps < math.inf:
        raise ParameterError(f"Restarts, steps and ε must be above 0, not {restarts}, {steps} and {eps}.")
    norm, clean = Norm(norm), image.unsqueeze(0).expand(restarts, *image.shape)
    noise = Noise(torch.cat([Noise.of(seed + restart, image.unsqueeze(0)).keys for restart in range(restarts)]))
    radius = clean.new_full((restarts,), eps)
    goal = Untargeted(index).bind(restarts, len(classifier.labels), torch.zeros_like(radius, dtype=torch.int64))
    x = norms.random_start(noise, clean, norm, radius)

    def work(part: slice) -> tuple[Tensor, ...]:
        tick()
        with torch.enable_grad():
            asked = x[part].detach().requires_grad_()
            logits = classifier(asked)
            loss = losses.cross_entropy(logits, goal.take(part))
            (gradient,) = torch.autograd.grad(loss.sum(), asked)
        return loss.detach(), losses.margin(logits.detach(), goal.take(part)) > 0, gradient

    seen: list[tuple[Tensor, Tensor]] = []
    for step in range(steps + 1):
        loss, fooled, gradient = in_chunks(restarts, classifier, work, backward=True)
        seen.append((loss, fooled))
        yield Climbs(*(torch.stack(column, 1) for column in zip(*seen, strict=True)))
        if step < steps:
            moved = x + 2.5 * eps / steps * norms.steepest(gradient, norm)
            x = norms.project(moved, clean, norm, radius)
