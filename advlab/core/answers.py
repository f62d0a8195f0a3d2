"""What a model is asked for about a chunk of images: logits, with gradients of a loss or of several logits."""

from collections.abc import Callable

import torch
from torch import Tensor

from advlab.core import losses, rejecting
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.losses import JointLoss, Term

# Of images, their goals and their places in the question: what the model says, and values and gradients if any.
Answer = Callable[[Tensor, Goal, Tensor], tuple[Tensor, ...]]
# Of images and their places in the question: what the model is shown of them, differentiably.
Through = Callable[[Tensor, Tensor], Tensor]


def sloping(
    classifier: Classifier,
    loss: JointLoss,
    *,
    extra: Term | None = None,
    aim: Goal | None = None,
    through: Through | None = None,
) -> Answer:
    """Logits, values `[q]` of the loss and of an extra term, and their gradients at the images.

    `aim` is what the loss is of in place of the run's goal, one class a query.
    """
    classes = len(classifier.labels)

    def answer(part: Tensor, goal: Goal, query: Tensor) -> tuple[Tensor, ...]:
        part = part.detach().requires_grad_()
        with torch.enable_grad():
            shown = part if through is None else through(part, query)
            said = rejecting.answers(classifier, shown, search=True)
            logits = said[:, :classes]
            never = torch.full_like(logits[:, 0].detach(), torch.inf)
            accepted = said[:, classes] if said.shape[1] > classes else never
            value = loss(logits, accepted, goal if aim is None else aim.take(query))
            value = losses.with_term(value, extra, shown, logits, goal)
            (gradient,) = torch.autograd.grad(value.sum(), part)
        return said.detach(), value.detach(), gradient

    return answer


def jacobian(classifier: Classifier, classes: Tensor, *, over: Tensor | None = None) -> Answer:
    """Logits, the first of them again, and the gradients `[q, k, C, H, W]` of the logits of `classes` `[Q, k]`.

    With `over` `[Q]`, of what each of them is above that class's logit.
    """
    number = classes.shape[1]

    def answer(part: Tensor, goal: Goal, query: Tensor) -> tuple[Tensor, ...]:  # noqa: ARG001 - of any class
        part = part.detach().requires_grad_()
        with torch.enable_grad():
            said = rejecting.answers(classifier, part, search=True)
            picked = said.gather(1, classes[query])
            if over is not None:
                picked = picked - said.gather(1, over[query].unsqueeze(1))
            total = picked.sum(0)
            slopes = [torch.autograd.grad(total[k], part, retain_graph=k + 1 < number)[0] for k in range(number)]
        return said.detach(), said[:, 0].detach(), torch.stack(slopes, 1)

    return answer


def filled(part: Tensor, granted: Tensor, fill: float) -> Tensor:
    """What was answered to the granted queries, in the places of all of them `[Q, ...]`."""
    every = part.new_full((len(granted), *part.shape[1:]), fill)
    every[granted] = part
    return every
