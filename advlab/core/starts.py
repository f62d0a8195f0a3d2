"""A picture that the model calls the target, for attacks that walk from one towards the clean image.

Decision-based attacks with a target take it for granted that the attacker has a photo of the target
class. Where nobody gives one, we draw a stand-in: it is made with the model's own gradient, which no
attacker with labels only has, so its passes are booked with the verifier and the page says so.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from advlab.core import losses
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.memory import in_chunks
from advlab.core.randomness import Noise

STEPS = 40
_STEP_SIZE = 0.04
# A clear lead over the other classes, so that the picture keeps its class on the way.
_LEAD = 5.0


def draw(
    classifier: Classifier, x: Tensor, goal: Goal, seed: int, *, passes: Tensor, tick: Callable[[], None]
) -> Tensor:
    """Climb to the target from grey noise, without any radius.

    Args:
        classifier: what the climb asks.
        x: the images `[N, C, H, W]` that are to be attacked.
        goal: their targets.
        seed: of the noise.
        passes: `[N]`, to which the forward passes of each image are added.
        tick: called between chunks of work.

    Returns:
        images `[N, C, H, W]`. Where the target is not reached the image is simply not of the target
        class; attacks check.
    """
    noise = Noise.of(seed, x).at(-1)
    image = (0.5 + 0.1 * noise.normal(x.shape[1:], draw=7).to(x.dtype)).clamp_(0, 1)
    searching = torch.arange(len(x), device=x.device)
    for _ in range(STEPS):

        def climb(part: slice, rows: Tensor = searching) -> tuple[Tensor, Tensor]:
            tick()
            leaf = image[rows[part]].requires_grad_()
            with torch.enable_grad():
                margin = losses.margin(classifier(leaf), goal.take(rows[part]))
                (gradient,) = torch.autograd.grad(margin.sum(), leaf)
            passes[rows[part]] += 1
            return margin.detach(), gradient

        margin, gradient = in_chunks(len(searching), classifier, climb, backward=True)
        going = margin < _LEAD
        searching = searching[going]
        if len(searching) == 0:
            break
        image[searching] = (image[searching] + _STEP_SIZE * gradient[going].sign()).clamp_(0, 1)
    return image
