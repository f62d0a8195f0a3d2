"""Penultimate features: as by hand, and without a trace on the network that everybody shares."""

import pytest
import torch
from torch import nn

import advlab
from advlab.core.features import Features
from advlab.defenses.bit_depth import BitDepth
from advlab.errors import ParameterError
from tests.networks import conv, fill, linear, pictures, wrap

SIZE = (3, 6, 5)


class Heads(nn.Module):
    """A network with two heads on the same features; what `answer` makes of them is its answer."""

    def __init__(self, answer):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            self.body = nn.Sequential(nn.Flatten(), nn.Linear(90, 7), nn.Tanh())
            self.head, self.other = nn.Linear(7, 4), nn.Linear(7, 4)
        self.answer = answer
        fill(self)

    def forward(self, x):
        return self.answer(self, self.body(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("channels_last", [True, False])
def test_they_are_what_the_last_layer_is_given(dtype, channels_last):
    """After the classifier's own normalisation; the logits are its own to the bit."""
    module = conv(SIZE, 4, dtype=dtype)
    classifier = advlab.wrap(
        module, labels=list("abcd"), input_size=SIZE, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4),
        execution=advlab.Execution(channels_last=channels_last),
    )  # fmt: skip
    x = pictures(5, SIZE, dtype=dtype)
    logits, features = Features(classifier)(x)
    assert torch.equal(logits, classifier(x))
    shifted = torch.stack([(x[:, k] - m) / s for k, (m, s) in enumerate([(0.5, 0.2), (0.4, 0.3), (0.3, 0.4)])], 1)
    by_hand = nn.functional.conv2d(shifted, module[0].weight, module[0].bias, padding=1).tanh().flatten(1)
    assert features.dtype == dtype
    torch.testing.assert_close(features, by_hand, rtol=1e-5, atol=1e-6)


def test_the_network_is_left_as_it_was():
    """No hooks, no other layers, no other answers; the weights are not copied."""
    classifier = wrap(conv(SIZE, 4), 4, SIZE)
    structure, digest, hooks = repr(classifier), classifier.digest, lambda m: (m._forward_hooks, m._forward_pre_hooks)
    network = Features(classifier)
    network(pictures(2, SIZE))
    assert repr(classifier) == structure
    assert wrap(classifier.module, 4, SIZE).digest == digest
    assert not any(found for one in (*classifier.modules(), *network.modules()) for found in hooks(one))
    own = {tensor.data_ptr() for tensor in classifier.parameters()}
    assert {tensor.data_ptr() for tensor in network.parameters()} == own


def test_of_many_pictures_in_parts():
    classifier = wrap(conv(SIZE, 4), 4, SIZE, execution=advlab.Execution(chunk=3))
    x, network = pictures(8, SIZE), Features(classifier)
    logits, features = network.of(x)
    assert not features.requires_grad
    torch.testing.assert_close((logits, features), tuple(t.detach() for t in network(x)))
    assert network.inner.execution == classifier.execution


def test_their_gradient_reaches_the_picture():
    x = pictures(2, SIZE, dtype=torch.float64).requires_grad_()
    _, features = Features(wrap(conv(SIZE, 4, dtype=torch.float64), 4, SIZE))(x)
    (gradient,) = torch.autograd.grad(features.square().sum(), x)
    assert bool((gradient.flatten(1).abs().amax(1) > 0).all())


def test_a_head_that_is_not_used_is_passed_over():
    """Some networks have further ones for training, which may come last."""
    module = Heads(lambda net, seen: net.head(seen))
    x = pictures(3, SIZE)
    _, features = Features(wrap(module, 4, SIZE))(x)
    torch.testing.assert_close(features, module.body(x))


def test_a_head_that_has_two_names_is_found():
    module = Heads(lambda net, seen: net.other(seen))
    module.other = module.head
    x = pictures(3, SIZE)
    _, features = Features(wrap(module, 4, SIZE))(x)
    torch.testing.assert_close(features, module.body(x))


@pytest.mark.parametrize(
    "classifier",
    [
        linear(SIZE, 4),
        wrap(nn.Sequential(conv(SIZE, 4), nn.LogSoftmax(1)), 4, SIZE),
        wrap(Heads(lambda net, seen: net.head(seen) + net.other(seen)), 4, SIZE),
        wrap(Heads(lambda net, seen: seen @ net.head.weight.T), 4, SIZE),
    ],
    ids=["no layer", "more after it", "two heads", "its weight only"],
)
def test_a_network_without_such_a_layer_gets_a_sentence(classifier):
    with pytest.raises(ParameterError, match=r"does not end in a fully connected layer .* 4 logits: take a detector"):
        Features(classifier)


def test_a_defended_network_gets_a_sentence():
    with pytest.raises(ParameterError, match="put around another classifier: take that one itself"):
        Features(BitDepth().wrap(wrap(conv(SIZE, 4), 4, SIZE)))
