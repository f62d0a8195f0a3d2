"""Normalisation inside of convolutions: the same network, and nothing of it left."""

import copy

import timm
import torch
from torch import nn

from advlab.models.fusing import fuse
from tests.networks import pictures


def lived_in(network):
    """Statistics and scales as no new network has them."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor, low in (
                    (module.running_mean, -0.5), (module.running_var, 0.5), (module.weight, 0.5), (module.bias, -0.5),
                ):  # fmt: skip
                    tensor.copy_(low + torch.rand(tensor.shape, generator=generator))
    return network.double().eval()


def assert_same(plain, fused, x):
    leaves = [x.clone().requires_grad_() for _ in range(2)]
    said = [network(leaf) for network, leaf in zip((plain, fused), leaves, strict=True)]
    torch.testing.assert_close(*said, rtol=1e-9, atol=1e-9)
    for logits in said:
        logits[:, 0].sum().backward()
    assert leaves[0].grad.abs().max() > 0
    torch.testing.assert_close(leaves[0].grad, leaves[1].grad, rtol=1e-9, atol=1e-12)


def test_an_efficientnet_lite_is_the_same_without_its_normalisation():
    with torch.random.fork_rng(devices=[]):
        plain = lived_in(timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=5))
    fused = copy.deepcopy(plain)
    fuse(fused)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in plain.modules()) == 49
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fused.modules())
    assert_same(plain, fused, pictures(2, (3, 40, 40), dtype=torch.float64))


def test_what_has_no_convolution_in_front_stays():
    """After a linear map, after an activation, and without statistics."""
    with torch.random.fork_rng(devices=[]):
        plain = nn.Sequential(
            nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.BatchNorm2d(4),
            nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4, track_running_stats=False), nn.Flatten(), nn.Linear(16, 3),
        )  # fmt: skip
    plain[0], plain[2], plain[4] = map(lived_in, (plain[0], plain[2], plain[4]))
    plain = plain.double().eval()
    fused = copy.deepcopy(plain)
    fuse(fused)
    assert [place for place, one in enumerate(fused) if isinstance(one, nn.BatchNorm2d)] == [0, 4, 6]
    assert_same(plain, fused, pictures(2, (3, 6, 6), dtype=torch.float64))
