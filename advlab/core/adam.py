"""Adam, for iterates of which each image is at a step of its own.

Reference: Kingma, Ba: Adam: a method for stochastic optimization, ICLR 2015, arXiv 1412.6980.
"""

from torch import Tensor

from advlab.core.norms import per_image

_BETA_1, _BETA_2, _TINY = 0.9, 0.999, 1e-8


def moments(first: Tensor, second: Tensor, gradient: Tensor, taken: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Both moments with one more gradient `[n, C, H, W]`, and the step for a rate of 1.

    `taken` is how many gradients the moments hold with this one: `[n]`, or a number for each value.
    """
    first = _BETA_1 * first + (1 - _BETA_1) * gradient
    second = _BETA_2 * second + (1 - _BETA_2) * gradient.square()
    count = taken.to(gradient.dtype)
    count = count if count.dim() == gradient.dim() else per_image(count, gradient)
    scale = (second / (1 - _BETA_2**count)).sqrt_().add_(_TINY)
    return first, second, first / (scale * (1 - _BETA_1**count))
