"""Small networks for tests, filled from generators of their own, and a spy."""

import math

import torch
from torch import Tensor, nn

import advlab
from advlab.core.classifier import Classifier, Size


def pictures(count, size, seed=0, *, low=0.0, high=1.0, dtype=torch.float32):
    """Random images in [low, high]."""
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(count, *size, generator=generator, dtype=dtype)


def fill(module, seed=0, gain=1.0):
    """Give a module weights that depend on `seed` alone."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            spread = gain / math.sqrt(max(1, parameter[0].numel()))
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype) * spread)
    return module


class Linear(nn.Module):
    """Logits `weight · pixels + bias`."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.weight.T + self.bias


def linear(size: Size, classes=2, seed=0, *, shift=0.0, dtype=torch.float32) -> Classifier:
    """A linear classifier whose boundaries pass near the grey image; `shift` is added to all logits."""
    generator = torch.Generator().manual_seed(seed)
    pixels = math.prod(size)
    weight = torch.randn(classes, pixels, generator=generator, dtype=dtype) * (4 / math.sqrt(pixels))
    bias = -0.5 * weight.sum(1) + 0.1 * torch.randn(classes, generator=generator, dtype=dtype) + shift
    return wrap(Linear(weight, bias), classes, size)


def wrap(module: nn.Module, classes: int, size: Size, **options) -> Classifier:
    """A classifier with classes named by number."""
    return advlab.wrap(module, labels=[str(k) for k in range(classes)], input_size=size, **options)


def conv(size: Size = (3, 6, 5), classes=4, seed=0, dtype=torch.float32, gain=2.0) -> nn.Module:
    """A small smooth network, undecided about grey so that random images fall into all classes.

    The default picture is not square.
    """
    channels, height, width = size
    with torch.random.fork_rng(devices=[]):
        module = nn.Sequential(
            nn.Conv2d(channels, 6, 3, padding=1),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(6 * height * width, classes),
        ).to(dtype)
    fill(module, seed, gain)
    with torch.no_grad():
        module[0].bias.copy_(-0.5 * module[0].weight.sum((1, 2, 3)))
        module[-1].bias.mul_(0.1)
    return module


class Constant(nn.Module):
    """The same logits for every image, with a gradient of zero (or NaN logits)."""

    def __init__(self, logits) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.as_tensor(logits, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits + 0 * x.flatten(1).sum(1, keepdim=True)


class Stochastic(nn.Module):
    """A network whose logits tremble, by a generator of its own."""

    def __init__(self, module: nn.Module, spread: float, seed=0) -> None:
        super().__init__()
        self.module, self.spread = module, spread
        self.generator = torch.Generator().manual_seed(seed)

    def forward(self, x: Tensor) -> Tensor:
        logits = self.module(x)
        noise = torch.randn(logits.shape, generator=self.generator, dtype=logits.dtype)
        return logits + self.spread * noise


class _CountBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, spy):
        ctx.spy = spy
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        ctx.spy.backward_images += len(gradient)
        return gradient, None


class Spy(nn.Module):
    """Counts the images that a network sees on the way forward and on the way back."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.forward_images = self.backward_images = 0
        self.pixels: list[Tensor] | None = None

    def remember(self) -> list[Tensor]:
        """From now on keep what is asked."""
        self.pixels = []
        return self.pixels

    def forward(self, x: Tensor) -> Tensor:
        self.forward_images += len(x)
        if self.pixels is not None:
            self.pixels.append(x.detach().clone())
        return self.module(_CountBackward.apply(x, self) if x.requires_grad else x)
