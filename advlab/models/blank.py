"""Networks without the time, memory and randomness that their first weights would cost."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_DRAWS = {torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal, torch.bernoulli, torch.multinomial}
_FILLS = {torch.Tensor.random_, torch.Tensor.bernoulli_, torch.Tensor.exponential_, torch.Tensor.log_normal_}
# These arrive here whole, and inside them we would not be asked again.
_INITS = {nn.init.uniform_, nn.init.normal_, nn.init.kaiming_uniform_, nn.init.kaiming_normal_}


class _Quiet(TorchFunctionMode):
    """No call below draws from the global generator, and the two commonest do not draw at all.

    A normal variable becomes its mean and a uniform one its lower end: cheap, and inside the bounds of
    whoever draws again and again until a value fits. What else is drawn comes from a generator of our own.
    The mode is the thread's, so nobody else notices.
    """

    def __init__(self) -> None:
        super().__init__()
        self._own = torch.Generator().manual_seed(0)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        _types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the function gives
        kwargs = dict(kwargs or {})
        if func in _INITS:
            with torch.no_grad():
                return (args[0] if args else kwargs["tensor"]).zero_()
        if func is torch.Tensor.normal_:
            return args[0].fill_(args[1] if len(args) > 1 else kwargs.get("mean", 0.0))
        if func is torch.Tensor.uniform_:
            return args[0].fill_(args[1] if len(args) > 1 else kwargs.get("from", kwargs.get("a", 0.0)))
        if func in _DRAWS or func in _FILLS:
            kwargs["generator"] = self._own
        return func(*args, **kwargs)


def blank(build: Callable[[], nn.Module], *, tables: bool = True) -> nn.Module:
    """`build()`, with weights that are nothing: on no device if it can be, else on the CPU.

    On no device ("meta") a network is there at once whatever its size, but one that computes with its
    own tables while it is built cannot be made there, and one that keeps tables outside its state would
    come without them: those are made on the CPU. Load the whole state with `assign=True`.

    Args:
        build: makes the network.
        tables: whether those tables are wanted; for names and shapes they are not.
    """
    try:
        with _Quiet(), torch.device("meta"):
            network = build()
    except (NotImplementedError, RuntimeError):  # it reads a value, and there are none
        return quiet(build)
    return quiet(build) if tables and _has_own_tables(network) else network


def quiet(build: Callable[[], nn.Module]) -> nn.Module:
    """`build()` on the CPU, its tables computed, its weights nothing, global randomness untouched."""
    with _Quiet():
        return build()


def _has_own_tables(network: nn.Module) -> bool:
    """Whether a tensor would be left without values by loading a state: one that is not part of it."""
    saved = network.state_dict().keys()
    hidden = any(name not in saved for name, _ in network.named_buffers())
    return hidden or any(isinstance(value, Tensor) for module in network.modules() for value in vars(module).values())
