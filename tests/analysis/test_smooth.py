"""Networks made smooth: the same as with other modules, and nobody else's business."""

import threading

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from advlab.analysis.smooth import Smooth
from tests.networks import fill, pictures

BETA = 3.0


class Softplus6(nn.Module):
    def forward(self, x):
        return F.softplus(x, BETA) - F.softplus(x - 6, BETA)


def network(first, second):
    """Convolutions of all kinds, with these activations."""
    with torch.random.fork_rng(devices=[]):
        module = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1), first, nn.Conv2d(6, 6, 3, 2, (1, 2), groups=3, bias=False), second,
            nn.Conv2d(6, 4, 2, dilation=2), first, nn.Conv2d(4, 4, 3, padding="same"), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(4, 2),
        ).double()  # fmt: skip
    return fill(module, gain=2.0).requires_grad_(False)


def of_second_order(module, x):
    x = x.clone().requires_grad_()
    out = module(x)
    (gradient,) = torch.autograd.grad(out[:, 0].sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(gradient.square().sum(), x)
    return out.detach(), gradient.detach(), second


@pytest.mark.parametrize("inplace", [False, True])
def test_it_is_the_network_with_softplus_modules(inplace):
    x = pictures(2, (3, 9, 8), dtype=torch.float64)
    relu = network(nn.ReLU(inplace), nn.ReLU6(inplace))
    softplus = network(nn.Softplus(BETA), Softplus6())
    with Smooth(BETA):
        ours = of_second_order(relu, x)
    for mine, right in zip(ours, of_second_order(softplus, x), strict=True):
        assert float(right.abs().max()) > 0
        torch.testing.assert_close(mine, right)


@pytest.mark.parametrize(
    "function", [F.relu, torch.relu, torch.relu_, torch.Tensor.relu, torch.Tensor.relu_, lambda x: F.relu(x, True)]
)
def test_functions_are_bent_like_modules(function):
    x = torch.linspace(-8, 8, 33, dtype=torch.float64)
    given = x.clone()
    with Smooth(BETA):
        bent = function(given)
    torch.testing.assert_close(bent, F.softplus(x, BETA))
    assert torch.equal(given, x) or torch.equal(given, bent)


@pytest.mark.parametrize("function", [F.relu6, lambda x: F.hardtanh(x, 0, 6), nn.ReLU6(), nn.Hardtanh(), F.hardtanh])
def test_with_a_large_beta_nothing_changes(function):
    x = torch.linspace(-8, 8, 34, dtype=torch.float64)
    with Smooth(1e6):
        bent = function(x)
    torch.testing.assert_close(bent, function(x))
    with Smooth(1.0):
        assert float((function(x) - bent).abs().max()) > 0.2


def test_weights_that_learn_keep_their_gradient():
    convolution = network(nn.ReLU(), nn.ReLU())[0].requires_grad_()
    with Smooth(BETA):
        out = convolution(pictures(1, (3, 9, 8), dtype=torch.float64))
    assert torch.autograd.grad(out.sum(), convolution.weight)[0].abs().max() > 0


def test_other_threads_have_corners_meanwhile():
    x, inside, looked = torch.linspace(-1, 1, 9), threading.Event(), threading.Event()

    def bend():
        with Smooth(BETA):
            inside.set()
            assert looked.wait(60)

    person = threading.Thread(target=bend)
    person.start()
    try:
        assert inside.wait(60)
        assert torch.equal(F.relu(x), x.clamp_min(0))
    finally:
        looked.set()
        person.join()
