"""Basic iterative method: FGSM in many small steps."""

from typing import ClassVar

from advlab.attacks import register
from advlab.core.ascent import Ascent


@register
class BIM(Ascent):
    """FGSM again and again in small steps, from the picture itself, each brought back into the ball.

    It is PGD without the random start, in steps of ε / steps, so that the ball's surface is reached by the last one.

    Reference: Kurakin, Goodfellow, Bengio: Adversarial examples in the physical world, ICLR workshop 2017,
    arXiv 1607.02533. Departures: the paper steps by 1/255 and counts steps by ε; here their number is free and
    their length follows from it. Where the gradient at the picture is exactly zero, one step is random.
    """

    name: ClassVar[str] = "bim"
    title: ClassVar[str] = "BIM · basic iterative method"
