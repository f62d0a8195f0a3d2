"""Models in memory: one load each, bounded by bytes, the least recently used let go."""

import importlib
import itertools
import threading
import time
import weakref
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from advlab import models
from advlab.core.classifier import Execution
from advlab.errors import ModelError, ParameterError, ResourceError
from advlab.models import ModelCache, limits

MODULE = importlib.import_module("advlab.models.cache")  # the package has an object of that name
SIZE = 4 * (12 * 1000 + 1000)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Cards `a` to `f` of 52 kB each; what was built is noted."""
    built, lock = [], threading.Lock()
    file = tmp_path / "weights"
    file.touch()

    def card(name):
        if name not in "abcdef":
            raise ParameterError("There is none.")

        def build(_):
            with lock:
                built.append(name)
            time.sleep(0.02)
            network = nn.Sequential(nn.Flatten(), nn.Linear(12, 1000, device="meta")).to_empty(device="cpu")
            for weight in network.parameters():
                weight.data.zero_()
            return network

        return replace(
            models.card("efficientnet_lite0"),
            name=name,
            title=name.upper(),
            input_size=(3, 2, 2),
            weights=lambda: file,
            build=build,
            bytes=SIZE,
            preprocessing=models.card("efficientnet_lite0").preprocessing,
        )

    monkeypatch.setattr(MODULE, "find", SimpleNamespace(card=card))
    return built


def cache(count):
    """Room for `count` models; time goes on by one at each look."""
    return ModelCache(count * (SIZE + 100), clock=itertools.count().__next__)


def names(cache):
    return [model.name for model in cache.loaded_models()]


def test_the_least_recently_used_goes(tiny):
    cached = cache(2)
    for name in "aba":
        cached.load(name, "cpu")
    cached.load("c", "cpu")
    assert names(cached) == ["c", "a"]
    assert cached.used_on("cpu") <= cached.limit_on("cpu")
    cached.load("b", "cpu")
    assert names(cached) == ["b", "c"]
    assert tiny == ["a", "b", "c", "b"]


def test_who_works_with_one_that_went_keeps_it(tiny):
    cached = cache(1)
    first = cached.load("a", "cpu")
    cached.load("b", "cpu")
    assert names(cached) == ["b"]
    assert first(torch.zeros(1, 3, 2, 2)).shape == (1, 1000)
    gone = weakref.ref(first.module)
    del first
    assert gone() is None


def test_one_that_is_larger_than_the_limit_is_loaded_alone(tiny):
    cached = cache(0)
    cached.load("a", "cpu")
    cached.load("b", "cpu")
    assert names(cached) == ["b"]


def test_unload_says_what_it_frees(tiny):
    cached = cache(3)
    cached.load("a", "cpu")
    weight = cached.used_on("cpu")
    assert weight == cached.loaded_models()[0].bytes >= SIZE
    assert cached.loaded("a")
    assert cached.unload("a") == weight
    assert cached.unload("a") == 0
    assert cached.used_on("cpu") == 0
    assert not cached.loaded("a")


def test_executions_share_their_weights(tiny):
    cached = cache(3)
    plain = cached.load("a", "cpu")
    halved = cached.load("a", "cpu", execution=Execution(precision="bf16", chunk=2))
    assert halved.module is plain.module
    assert halved.execution.chunk == 2
    assert cached.load("a", "cpu", execution=Execution(precision="bf16", chunk=2)) is halved
    assert tiny == ["a"]
    assert len(cached.loaded_models()) == 1


def test_threads_share_one_load_of_each(tiny):
    cached, found = cache(6), []
    threads = [threading.Thread(target=lambda n: found.append(cached.load(n, "cpu")), args=(n,)) for n in "abcdef" * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tiny) == list("abcdef")
    assert len({id(classifier) for classifier in found}) == 6


def test_threads_in_a_small_cache_all_get_theirs(tiny):
    cached, wrong = cache(2), []

    def work(name):
        for _ in range(5):
            found = cached.load(name, "cpu").name
            wrong.extend([found] if found != name else [])

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert cached.used_on("cpu") <= cached.limit_on("cpu")
    assert len(cached.loaded_models()) <= 2


def test_a_load_that_fails_leaves_nothing(tiny, monkeypatch):
    cached = cache(2)
    monkeypatch.setattr(MODULE, "_load", _raise(ModelError("damaged.")))
    with pytest.raises(ModelError):
        cached.load("a", "cpu")
    assert cached.used_on("cpu") == 0
    monkeypatch.undo()


def _raise(error, times=10**9):
    def load(*_):
        nonlocal times
        times -= 1
        if times >= 0:
            raise error
        return real(*_)

    real = MODULE._load

    return load


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("can't allocate memory"), MemoryError()]
)
def test_out_of_memory_lets_all_else_go_and_tries_once_more(tiny, monkeypatch, error):
    cached = cache(5)
    for name in "abc":
        cached.load(name, "cpu")
    monkeypatch.setattr(MODULE, "_load", _raise(error, times=1))
    assert cached.load("d", "cpu").name == "d"
    assert names(cached) == ["d"]
    monkeypatch.setattr(MODULE, "_load", _raise(error))
    with pytest.raises(ResourceError, match="E does not fit into the memory of cpu: choose a smaller model"):
        cached.load("e", "cpu")
    assert names(cached) == []
    assert cached.used_on("cpu") == 0


def test_other_errors_are_not_taken_for_it(tiny, monkeypatch):
    monkeypatch.setattr(MODULE, "_load", _raise(RuntimeError("shapes")))
    with pytest.raises(RuntimeError, match="shapes"):
        cache(2).load("a", "cpu")


@pytest.mark.parametrize(
    "text, size",
    [("2GB", 2 * 10**9), ("500 mb", 5 * 10**8), ("1.5GiB", 1.5 * 2**30), ("123", 123), ("7k", 7000), ("1TiB", 2**40)],
)
def test_sizes(text, size):
    assert limits.size(text) == size


@pytest.mark.parametrize("text", ["much", "-1", "2XB", "", "1e9", "GB"])
def test_what_is_no_size(text):
    with pytest.raises(ParameterError, match="write 2GB"):
        limits.size(text)


def test_the_setting(monkeypatch):
    monkeypatch.setenv("ADVLAB_MODEL_CACHE", "3GB")
    assert ModelCache().limit == 3 * 10**9
    monkeypatch.setenv("ADVLAB_MODEL_CACHE", "lots")
    with pytest.raises(ParameterError, match="ADVLAB_MODEL_CACHE is “lots”"):
        _ = ModelCache().limit


def test_by_default_half_of_what_is_free(monkeypatch):
    monkeypatch.delenv("ADVLAB_MODEL_CACHE", raising=False)
    free = limits.free(torch.device("cpu"))
    assert 2**27 < free < 2**45
    monkeypatch.setattr(limits, "_of_system", lambda: 10**10)
    monkeypatch.setattr(limits, "_of_container", lambda: (4 * 10**9,))
    assert ModelCache().limit_on("cpu") == 2 * 10**9


def test_on_a_gpu_half_of_its_memory(monkeypatch):
    monkeypatch.delenv("ADVLAB_MODEL_CACHE", raising=False)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (8 * 10**9, 9 * 10**9))
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    assert ModelCache().limit_on("cuda") == ModelCache().limit_on("cuda:0") == 4 * 10**9


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_models_are_let_go_on_the_gpu():
    cached = ModelCache(45_000_000)
    before = torch.cuda.memory_allocated()
    for name in ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"):
        cached.load(name, "cuda")
    assert "efficientnet_lite2" in names(cached)
    assert cached.used_on("cuda") <= 45_000_000
    assert torch.cuda.memory_allocated() - before < 60_000_000
    cached.unload("efficientnet_lite2")
