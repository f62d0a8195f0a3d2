"""Momentum, and momentum that looks ahead: steps that do not follow every bend of the network."""

from typing import ClassVar

from advlab.attacks import register
from advlab.core.ascent import Momentum


@register
class MIFGSM(Momentum):
    """BIM along a decaying sum of its gradients, which other networks mind more.

    Reference: Dong, Liao, Pang, Su, Zhu, Hu, Li: Boosting adversarial attacks with momentum, CVPR 2018,
    arXiv 1710.06081. Departures: gradients are divided by their mean absolute value instead of its sum, which changes
    no step in L∞, and in L2 by their length; a gradient of exactly zero adds nothing.
    """

    name: ClassVar[str] = "mi_fgsm"
    title: ClassVar[str] = "MI-FGSM · momentum"


@register
class NIFGSM(Momentum):
    """Momentum whose gradient is taken where the momentum alone would carry the picture (Nesterov).

    Reference: Lin, Song, He, Wang, Hopcroft: Nesterov accelerated gradient and scale invariance for adversarial
    attacks, ICLR 2020, arXiv 1908.06281. The place ahead may lie outside the ball and is never given out; each
    iterate costs one more query, without a gradient, to be judged.
    """

    name: ClassVar[str] = "ni_fgsm"
    title: ClassVar[str] = "NI-FGSM · Nesterov momentum"
    looks_ahead: ClassVar[bool] = True
