"""The inner maximisation of adversarial training: signed gradient steps in an L∞ ball, for a network in training.

`advlab.attacks` judges, keeps the best and stops early; training wants the last iterate of the same few steps
for every image, with the batch's own statistics, as fast as can be.
"""

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from advlab.training.method import Batch

Objective = Callable[[Tensor], Tensor]


def uniform_start(batch: Batch, eps: float) -> Tensor:
    """A uniform point of the ball around each image, inside [0, 1]."""
    noise = torch.rand(batch.x.shape, generator=batch.generator, device=batch.x.device)
    return (batch.x + eps * (2 * noise - 1)).clamp_(0, 1)


def ascend(batch: Batch, start: Tensor, objective: Objective, *, eps: float, steps: int, step_size: float) -> Tensor:
    """The images after `steps` steps of `step_size` up the objective, within `eps` and [0, 1].

    Args:
        batch: images and network.
        start: where to begin, `[N, C, H, W]`.
        objective: a scalar from the logits, to be raised.
        eps: the radius; a start outside it is brought back by the first step.
        steps: at least one.
        step_size: of each, in L∞.
    """
    low, high = (batch.x - eps).clamp_(min=0), (batch.x + eps).clamp_(max=1)
    x = start
    with frozen_statistics(batch.module):
        for _ in range(steps):
            x = x.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(objective(batch.net(x)), x)
            x = torch.clamp(x.detach() + step_size * gradient.sign_(), low, high)
    return x


@contextlib.contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Batch normalisation by the batch, its running statistics left alone.

    Running statistics are for the network that answers; the attack's iterates are not what it is asked.
    """
    norms = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
