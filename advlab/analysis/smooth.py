"""A network made smooth while it is computed, so that its gradient has a gradient.

ReLUs are bent into softplus, as in Dombrowski and others, NeurIPS 2019, arXiv 1906.07983. They do so on a copy with
other modules; here it is a mode that only the thread which enters it is in: nothing is copied or changed, and ReLUs
that are written as functions, which no exchange of modules reaches, are bent too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv2d_input
from torch.overrides import TorchFunctionMode


class Smooth(TorchFunctionMode):
    """Inside of it ReLU is softplus, ReLU6 and Hardtanh the difference of two.

    Gradients may be taken outside. Other activations with corners stay as they are, LeakyReLU among them.

    Attributes:
        beta: of softplus, log(1 + exp(beta x)) / beta: the larger, the closer to ReLU.
    """

    def __init__(self, beta: float) -> None:
        super().__init__()
        self.beta = beta

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Call something else in place of what has corners, and of what is slow to differentiate twice."""
        given = dict(kwargs or {})
        if func is F.conv2d:
            return _convolve(*args, **given)
        if func in _BENT:
            return _BENT[func](*args, beta=self.beta, **given)
        return func(*args, **given)


def _hardtanh(
    input: Tensor,  # noqa: A002 - PyTorch's name
    min_val: float = -1.0,
    max_val: float | None = 1.0,
    inplace: bool = False,  # noqa: FBT001, FBT002
    *,
    beta: float,
) -> Tensor:
    x = input.clone() if inplace else input  # softplus keeps what it was given
    bent = min_val + F.softplus(x - min_val, beta)
    if max_val is not None:
        bent = bent - F.softplus(x - max_val, beta)
    return input.copy_(bent) if inplace else bent


def _relu(input: Tensor, inplace: bool = False, *, beta: float) -> Tensor:  # noqa: A002, FBT001, FBT002
    return _hardtanh(input, 0.0, None, inplace, beta=beta)


def _relu6(input: Tensor, inplace: bool = False, *, beta: float) -> Tensor:  # noqa: A002, FBT001, FBT002
    return _hardtanh(input, 0.0, 6.0, inplace, beta=beta)


def _relu_(input: Tensor, *, beta: float) -> Tensor:  # noqa: A002
    return _relu(input, inplace=True, beta=beta)


_BENT: dict[Callable[..., Any], Callable[..., Tensor]] = {
    F.relu: _relu,
    torch.relu: _relu,
    torch.relu_: _relu_,
    Tensor.relu: _relu,
    Tensor.relu_: _relu_,
    F.relu6: _relu6,
    F.hardtanh: _hardtanh,
}


class _Convolution(torch.autograd.Function):
    """A convolution with weights that are frozen: in the pixels it is linear, and so is its gradient.

    PyTorch's own second derivative finds that of the weights as well, wanted or not, group by group: of
    EfficientNet-Lite0 it takes 2.8 s on a core, and this one 0.8 s.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, how: tuple[Any, ...]) -> Tensor:  # noqa: ANN401 - autograd's
        ctx.save_for_backward(weight)
        ctx.shape, ctx.how = x.shape, how
        return F.conv2d(x, weight, None, *how)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        (weight,) = ctx.saved_tensors
        return _Transposed.apply(gradient, weight, ctx.shape, ctx.how), None, None  # type: ignore[no-untyped-call]


class _Transposed(torch.autograd.Function):
    """The gradient of a convolution, whose own gradient is the convolution."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, weight: Tensor, shape: torch.Size, how: tuple[Any, ...]) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(weight)
        ctx.how = how
        before: Tensor = conv2d_input(shape, weight, gradient, *how)  # type: ignore[no-untyped-call]
        return before

    @staticmethod
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ANN401
        (weight,) = ctx.saved_tensors
        return F.conv2d(outer, weight, None, *ctx.how), None, None, None


def _convolve(
    input: Tensor,  # noqa: A002
    weight: Tensor,
    bias: Tensor | None = None,
    *how: Any,  # noqa: ANN401 - stride, padding, dilation and groups: numbers, pairs of them, or a word
    **named: Any,  # noqa: ANN401
) -> Tensor:
    if named or weight.requires_grad or any(isinstance(each, str) for each in how):
        return F.conv2d(input, weight, bias, *how, **named)
    out: Tensor = _Convolution.apply(input, weight, how)  # type: ignore[no-untyped-call]
    return out if bias is None else out + bias[:, None, None]
