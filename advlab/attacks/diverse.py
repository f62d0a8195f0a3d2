"""Momentum on changed pictures: other sizes and places, other brightnesses, and gradients smoothed over places."""

from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core.ascent import Momentum
from advlab.core.attack import Widget, param
from advlab.core.norms import Norm, per_image
from advlab.core.randomness import Noise


@register
class DIFGSM(Momentum):
    """Momentum along gradients at pictures that are made smaller and put somewhere on black, some of the time.

    Reference: Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille: Improving transferability of adversarial examples with input
    diversity, CVPR 2019, arXiv 1803.06978; a decay of 0 is their DI²-FGSM, 1 their M-DI²-FGSM. Departure: the paper
    enlarges pictures, which networks of one input size cannot be shown; here they shrink by as much at most.
    """

    name: ClassVar[str] = "di_fgsm"
    title: ClassVar[str] = "DI-FGSM · diverse inputs"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)

    probability: float = param(
        0.5, "Probability", "Of a picture to be changed at a step.", ge=0, le=1, widget=Widget(0, 1, 0.05)
    )
    smallest: float = param(
        0.9, "Smallest size", "Share of a side that is left at least.", gt=0, le=1, widget=Widget(0.5, 1, 0.05)
    )

    @property
    def copies(self) -> int:
        return 1

    def changed(self, x: Tensor, noise: Noise, number: Tensor) -> Tensor:  # noqa: ARG002 - there is one
        chance, size, down, across = noise.uniform((4,)).to(x.dtype).unbind(1)
        share = self.smallest + (1 - self.smallest) * size
        rows, columns = _smaller(x.shape[2], share, down), _smaller(x.shape[3], share, across)
        smaller = rows.unsqueeze(1) @ x @ columns.unsqueeze(1).mT
        return torch.where(per_image(chance < self.probability, x), smaller, x)


def _smaller(length: int, share: Tensor, place: Tensor) -> Tensor:
    """Matrices `[Q, length, length]` that shrink an axis to `share` of it and put it at `place` of what is free.

    As products of two matrices, and not one picture after the other, because each has a size of its own.
    """
    side = (share * length).floor().clamp_min(1).unsqueeze(1)
    begin = (place.unsqueeze(1) * (length - side + 1)).floor().clamp_max(length - side)
    pixel = torch.arange(length, device=share.device, dtype=share.dtype)
    within = pixel - begin
    source = (within + 0.5) * (length / side) - 0.5
    weight = (1 - (source.unsqueeze(2) - pixel).abs()).clamp_min(0)  # between the two nearest pixels
    return weight * ((within >= 0) & (within < side)).unsqueeze(2)


@register
class SINIFGSM(Momentum):
    """Nesterov's momentum along the mean gradient of the picture and of ever darker copies.

    Reference: Lin, Song, He, Wang, Hopcroft: Nesterov accelerated gradient and scale invariance for adversarial
    attacks, ICLR 2020, arXiv 1908.06281.
    """

    name: ClassVar[str] = "si_ni_fgsm"
    title: ClassVar[str] = "SI-NI-FGSM · scale invariance"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)
    looks_ahead: ClassVar[bool] = True

    scales: int = param(5, "Scales", "Copies, each half as bright as the one before.", ge=1, le=20, widget=Widget(1, 8))

    @property
    def copies(self) -> int:
        return self.scales

    def changed(self, x: Tensor, noise: Noise, number: Tensor) -> Tensor:  # noqa: ARG002 - nothing is drawn
        return x * per_image(0.5**number, x).to(x.dtype)


@register
class TIFGSM(Momentum):
    """Momentum along smoothed gradients, which is as if the picture were seen at all places nearby.

    Reference: Dong, Pang, Su, Zhu: Evading defenses to transferable adversarial examples by translation-invariant
    attacks, CVPR 2019, arXiv 1904.02884. The Gaussian kernel reaches 7 pixels, which are 3 standard deviations. In
    pictures of fewer than 15 pixels it reaches as far as fits.
    """

    name: ClassVar[str] = "ti_fgsm"
    title: ClassVar[str] = "TI-FGSM · translation invariance"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)

    reach: int = param(
        7, "Reach", "Pixels that the kernel reaches to each side: 7 is 15 × 15.", ge=0, le=100, widget=Widget(0, 15)
    )

    def smooth(self, gradient: Tensor) -> Tensor:
        height, width = gradient.shape[2:]
        reach = min(self.reach, (min(height, width) - 1) // 2)
        return _blur(height, reach, gradient) @ gradient @ _blur(width, reach, gradient)


def _blur(length: int, reach: int, like: Tensor) -> Tensor:
    """The matrix `[length, length]` of a Gaussian blur that fades into zero at the ends."""
    pixel = torch.arange(length, device=like.device, dtype=like.dtype)
    apart = (pixel.unsqueeze(1) - pixel).abs()
    weight = torch.exp(-0.5 * (3 * apart / max(1, reach)) ** 2) * (apart <= reach)
    whole = 1 + 2 * sum(torch.exp(-0.5 * (3 * torch.arange(1, reach + 1, dtype=like.dtype) / max(1, reach)) ** 2))
    return weight / float(whole)
