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

    Args:
        hollow: tensors that are made without values are made on no device ("meta"), so without memory.
    """

    def __init__(self, *, hollow: bool) -> None:
        super().__init__()
        self._hollow = hollow
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
        if self._hollow and func is torch.empty and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def blank(build: Callable[[], nn.Module], *, tables: bool = True) -> nn.Module:
    """`build()`, with weights that are nothing: on no device where it can be, else on the CPU.

    It is there at once, whatever its size; what the network computes for itself while it is built, it
    has. Load the whole state with `assign=True`.

    Args:
        build: makes the network.
        tables: False if it is only to be counted or compared: then what it cannot compute without
            memory may be missing.
    """
    try:
        with _Quiet(hollow=True):
            network = build()
    except (NotImplementedError, RuntimeError):  # it reads a value, and there are none
        return quiet(build)
    return quiet(build) if tables and _stays_hollow(network) else network


def quiet(build: Callable[[], nn.Module]) -> nn.Module:
    """`build()` on the CPU, its weights nothing, global randomness untouched."""
    with _Quiet(hollow=False):
        return build()


def _stays_hollow(network: nn.Module) -> bool:
    """Whether a tensor would be left without values by loading a state, because it is not part of it."""
    saved = network.state_dict().keys()
    hidden = any(tensor.is_meta and name not in saved for name, tensor in network.named_buffers())
    return hidden or any(
        isinstance(value, Tensor) and value.is_meta for module in network.modules() for value in vars(module).values()
    )
