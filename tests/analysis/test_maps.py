"""Layers for Grad-CAM: found, and looked at on a clone."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from advlab import models
from advlab.analysis.maps import chosen, layers, mine, only_relu, private
from advlab.errors import ParameterError
from tests.networks import conv, linear, wrap


def test_of_our_network_it_is_the_last_map_before_the_mean():
    assert chosen(models.load("signs_standard")) == "norm"
    assert [layer.size for layer in layers(models.load("signs_standard")) if layer.name == "norm"] == [(128, 6, 6)]
    assert chosen(models.load("mnist_standard")).isdigit()


def test_by_name():
    classifier = models.load("signs_standard")
    assert chosen(classifier, "stages.1") == "stages.1"
    with pytest.raises(ParameterError, match="choose one of"):
        chosen(classifier, "head")


def test_without_places_there_is_none():
    assert layers(linear((3, 6, 5))) == ()
    with pytest.raises(ParameterError, match="no layer with places"):
        chosen(linear((3, 6, 5)))


def test_a_transformer_has_none_after_its_tokens():
    import timm  # noqa: PLC0415 - after ours, which makes it importable

    with torch.random.fork_rng(devices=[]):
        network = timm.create_model("vit_tiny_patch16_224", num_classes=3, img_size=32, patch_size=8)
    assert layers(wrap(network, 3, (3, 32, 32))) == ()


def test_a_clone_shares_weights_and_no_modules():
    classifier = models.load("mnist_standard")
    clone = private(classifier)
    ours, theirs = list(classifier.module.modules()), list(clone.module.modules())
    assert not {id(module) for module in ours} & {id(module) for module in theirs}
    for one, two in zip(classifier.parameters(), clone.parameters(), strict=True):
        assert one.data_ptr() == two.data_ptr()
    layers(classifier)
    assert not any(module._forward_hooks for module in ours)
    x = torch.rand(2, *classifier.input_size, generator=torch.Generator().manual_seed(0))
    assert torch.equal(classifier(x), clone(x))


@pytest.mark.parametrize("kind", ["torch.GELU", "torch.PReLU", "torch.Mish", "timm.HardSwish", "timm.Swish"])
def test_one_other_activation_is_enough_to_have_no_guided_gradients(kind):
    import timm.layers.activations  # noqa: PLC0415 - after ours, which makes it importable

    where, name = kind.split(".")
    other = getattr({"torch": torch.nn, "timm": timm.layers.activations}[where], name)
    network = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten())
    assert only_relu(wrap(network, 12, (3, 2, 2)))
    assert not only_relu(wrap(torch.nn.Sequential(*network, other()), 12, (3, 2, 2)))


def test_only_networks_of_relus_have_guided_gradients():
    assert only_relu(models.load("mnist_standard"))
    assert not only_relu(models.load("efficientnet_lite0"))


def test_a_threads_copy_is_its_own_is_kept_and_goes_with_its_model():
    classifier = wrap(conv(), 4, (3, 6, 5))
    copy = mine(classifier)
    assert mine(classifier) is copy
    assert copy is not classifier
    assert copy.module is not classifier.module
    assert next(copy.parameters()).data_ptr() == next(classifier.parameters()).data_ptr()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(mine, classifier).result() is not copy
    gone = weakref.ref(copy)
    del classifier, copy
    gc.collect()
    assert gone() is None
