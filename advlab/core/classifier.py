"""The one kind of model there is: pictures in [0, 1] in, logits out, immutable and shared."""

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self

import torch
from PIL import Image
from torch import Tensor, nn

from advlab.core import framing
from advlab.errors import InputError, ModelError, ParameterError

Precision = Literal["float32", "bf16"]
Size = tuple[int, int, int]


@dataclass(frozen=True)
class Execution:
    """How a classifier is computed; no setting here changes what it computes beyond rounding.

    `precision` is that of the search only: verdicts are always in float32 (or the module's float64).
    `chunk` is how many images go through the model at once; None lets the oracle choose.
    """

    precision: Precision = "float32"
    channels_last: bool = True
    chunk: int | None = None


@dataclass(frozen=True)
class Preprocessing:
    """From a picture to the model's input: resize the short side, crop the centre, normalise.

    Attributes:
        mean, std: one number a channel, in [0, 1] units.
        crop: the share of the resized picture that is kept.
        resample: the filter of the resizing.
        resize: pixels of the short side before the crop, where `crop` cannot say it exactly.
        squash: resize both sides to that size, whatever the picture's proportions.
    """

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    crop: float = 1.0
    resample: Image.Resampling = Image.Resampling.BICUBIC
    resize: int | None = None
    squash: bool = False


def without_normalisation(preprocessing: Preprocessing) -> Preprocessing:
    """The same framing for what is put around a classifier, which normalises by itself."""
    return replace(preprocessing, mean=None, std=None)


class _ChannelsLast(torch.autograd.Function):
    """To the layout that convolutions are fast in; the gradient comes back in the layout of pictures.

    Without the second half everything after a gradient works on two layouts at once, which is slow, and
    other libraries' `view` of a gradient fails.
    """

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:  # noqa: ANN401 - autograd's context
        return x.contiguous(memory_format=torch.channels_last)

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401
        return gradient.contiguous()


class Classifier(nn.Module):
    """A frozen network in evaluation mode, with its normalisation as the first layer.

    An `nn.Module` so that any other library can take it as a model. It has no switches: `train()`
    does nothing, there are no counters and no hooks, so all sessions and threads can share it.

    Attributes:
        name: what people call it.
        labels: one name a class, `K` of them.
        input_size: `(C, H, W)`.
        execution: how it is computed.
        votes: how many fresh passes decide a verdict; more than one for stochastic models.
        passes: how many passes through the network one answer takes.
    """

    _mean: Tensor
    _std: Tensor

    def __init__(
        self,
        module: nn.Module,
        labels: Sequence[str],
        input_size: Size,
        *,
        name: str = "model",
        preprocessing: Preprocessing | None = None,
        execution: Execution | None = None,
        votes: int = 1,
        passes: int = 1,
    ) -> None:
        super().__init__()
        self.votes, self.passes = votes, passes
        self.name = name
        self.labels = tuple(labels)
        self.input_size = input_size
        self.preprocessing = preprocessing or Preprocessing()
        self.execution = execution or Execution()
        self.module = module.eval().requires_grad_(False)
        tensors = [t for t in (*module.parameters(), *module.buffers()) if t.is_floating_point()]
        self._device = tensors[0].device if tensors else torch.device("cpu")
        self._dtype = torch.float64 if tensors and tensors[0].dtype == torch.float64 else torch.float32
        if self._device.type == "cuda":
            torch.backends.cudnn.allow_tf32 = False  # for the process: verdicts are in float32, not in TF32
        if self.execution.channels_last:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.register_buffer("_mean", self._per_channel(self.preprocessing.mean, 0.0))
        self.register_buffer("_std", self._per_channel(self.preprocessing.std, 1.0))
        super().train(False)

    def _per_channel(self, values: Sequence[float] | None, neutral: float) -> Tensor:
        channels = self.input_size[0]
        numbers = list(values) if values is not None else [neutral]
        if len(numbers) not in (1, channels):
            raise ParameterError(f"Give one mean and one std for each of the {channels} channels, not {len(numbers)}.")
        return torch.tensor(numbers, device=self._device, dtype=self._dtype).reshape(-1, 1, 1)

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002, FBT001, FBT002 - nn.Module's signature
        """Stay in evaluation mode, whoever asks."""
        return self

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self._device

    @property
    def dtype(self) -> torch.dtype:
        """float32, or float64 for a module in double precision."""
        return self._dtype

    @cached_property
    def digest(self) -> str:
        """SHA-256 of weights, buffers, structure and normalisation: the name of this very model."""
        state = hashlib.sha256(repr((self.module, self.preprocessing, self.input_size)).encode())
        for key, tensor in self.module.state_dict().items():
            state.update(key.encode())
            state.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        return state.hexdigest()

    def with_execution(self, execution: Execution) -> "Classifier":
        """The same weights (shared, not copied), computed in another way."""
        return Classifier(
            self.module,
            self.labels,
            self.input_size,
            name=self.name,
            preprocessing=self.preprocessing,
            execution=execution,
            votes=self.votes,
            passes=self.passes,
        )

    def with_precision(self, precision: Precision) -> "Classifier":
        """Search in this precision; stays in float32 where the processor lacks the instructions."""
        usable = precision == "float32" or has_bf16(self.device)
        return self.with_execution(replace(self.execution, precision=precision if usable else "float32"))

    def forward(self, x: Tensor) -> Tensor:
        """Logits `[N, K]`, float32 (float64 for a double module), differentiable in `x` `[N, C, H, W]`."""
        return self._logits(x, "float32")

    def search(self, x: Tensor) -> Tensor:
        """Logits `[N, K]` in the execution's precision: good for finding, not for judging."""
        return self._logits(x, self.execution.precision)

    def _logits(self, x: Tensor, precision: Precision) -> Tensor:
        if x.dim() != 4 or tuple(x.shape[1:]) != self.input_size:
            raise InputError(
                f"{self.name} takes images of shape (N, {', '.join(map(str, self.input_size))}), "
                f"not {tuple(x.shape)}; `prepare` makes them from a picture."
            )
        x = (x.to(self._device, self._dtype) - self._mean) / self._std
        if self.execution.channels_last and self.input_size[0] > 1:  # pictures in grey have one layout
            x = _ChannelsLast.apply(x)  # type: ignore[no-untyped-call]
        fast = torch.autocast(x.device.type, torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()
        with fast:
            logits = self.module(x)
        if not isinstance(logits, Tensor) or logits.shape != (len(x), len(self.labels)):
            shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise ModelError(
                f"{self.name} should answer with logits of shape ({len(x)}, {len(self.labels)}), "
                f"one column a label; it gave {shape}."
            )
        return logits.to(self._dtype)

    def prepare(self, picture: Image.Image) -> Tensor:
        """A picture as this model was trained to see it.

        Returns:
            `(1, C, H, W)` float32 in [0, 1] on the model's device, multiples of 1/255: the picture
            is resized and cropped in 8 bits, so what is shown is exactly what is classified.
        """
        channels, height, width = self.input_size
        picture = framing.in_channels(picture, channels, self.name)
        how = self.preprocessing
        picture = framing.scaled(picture, height, width, how.crop, how.resample, resize=how.resize, squash=how.squash)
        return framing.pixels(picture).to(self._device)

    def as_is(self, picture: Image.Image) -> Tensor:
        """A picture of exactly the model's input size, pixel by pixel: `(1, C, H, W)` as `prepare` gives it.

        For pictures that were made for this model, such as adversarial ones: to scale them, if only to
        crop them again, would wash out what was added to them.

        Raises:
            InputError: the picture has another size.
        """
        channels, height, width = self.input_size
        if picture.size != (width, height):
            raise InputError(
                f"The picture has {picture.width} × {picture.height} pixels and {self.name} sees "
                f"{width} × {height}: use `prepare`, which scales it."
            )
        return framing.pixels(framing.in_channels(picture, channels, self.name)).to(self._device)


def has_bf16(device: torch.device) -> bool:
    """Whether bf16 is computed by the processor itself, not emulated."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def wrap(
    module: nn.Module,
    *,
    labels: Sequence[str],
    input_size: Size,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    name: str = "model",
    device: str | torch.device | None = None,
    execution: Execution | None = None,
    votes: int = 1,
) -> Classifier:
    """A classifier from a module of your own.

    The module is not copied: it is frozen and put into evaluation mode for good, and moved to
    `device` if one is given. Hand over `copy.deepcopy(module)` to go on training the original.

    Args:
        module: takes normalised images `[N, C, H, W]`, gives logits (not probabilities) `[N, K]`.
        labels: one name a class.
        input_size: `(C, H, W)`.
        mean, std: one number a channel, in [0, 1] units; None leaves images as they are.
        name: what people call it.
        device: "cpu", "cuda", "cuda:1", "mps"; None leaves the module where it is.
        execution: layout, precision of the search, chunk.
        votes: for a module with randomness in it: how many fresh passes decide a verdict.

    Raises:
        ParameterError: a size or normalisation that no image can have.
    """
    if votes < 1:
        raise ParameterError(f"votes is at least 1, not {votes}.")
    if len(input_size) != 3 or min(input_size) < 1:
        raise ParameterError(f"input_size is (channels, height, width), not {input_size}.")
    return Classifier(
        module if device is None else module.to(device),
        labels,
        input_size,
        name=name,
        preprocessing=Preprocessing(tuple(mean) if mean else None, tuple(std) if std else None),
        execution=execution,
        votes=votes,
    )
