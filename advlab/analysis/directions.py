"""Directions in picture space `[C, H, W]` that a plane or a line can take, of any length."""

import torch
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.goals import Goal, Targeted, Untargeted
from advlab.core.losses import cross_entropy
from advlab.core.randomness import Noise


def away(classifier: Classifier, image: Tensor, index: int) -> Tensor:
    """The gradient along which a class loses fastest."""
    return _uphill(classifier, image, Untargeted(index))


def towards(classifier: Classifier, image: Tensor, index: int) -> Tensor:
    """The gradient along which a class gains fastest."""
    return _uphill(classifier, image, Targeted(index))


def random(image: Tensor, seed: int, draw: int = 0, *, signs: bool = False) -> Tensor:
    """Gaussian noise that belongs to the picture and the seed, or only its signs: a corner of the L∞ ball."""
    noise = Noise.of(seed, image.unsqueeze(0)).normal(image.shape, draw=draw)[0].to(image.dtype)
    return noise.sign() if signs else noise


def _uphill(classifier: Classifier, image: Tensor, goal: Goal) -> Tensor:
    images = image.unsqueeze(0).detach().clone().requires_grad_()
    with torch.enable_grad():
        logits = classifier(images)
        bound = goal.bind(1, logits.shape[1], logits.argmax(1))
        (gradient,) = torch.autograd.grad(cross_entropy(logits, bound).sum(), images)
    return gradient[0]
