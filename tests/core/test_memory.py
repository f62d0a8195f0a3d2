"""Chunks that halve when the memory says no."""

import time

import pytest
import torch

import advlab
from advlab.core.memory import chunk_size, in_chunks
from advlab.errors import ResourceError
from tests.networks import conv, pictures, wrap

SIZE = (3, 6, 5)


def greedy(limit, error, seen):
    def work(part):
        count = part.stop - part.start
        if count > limit:
            raise error
        seen.append(count)
        return torch.arange(part.start, part.stop), torch.ones(count, 2)

    return work


ERRORS = [
    torch.OutOfMemoryError("no"),
    MemoryError(),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: 7 bytes"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 7 bytes."),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 7 bytes)"),
]


@pytest.mark.parametrize("error", ERRORS, ids=str)
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_halving(error, limit):
    """All the work is done once, in order, in the largest halves that fit."""
    classifier = wrap(conv(SIZE), 4, SIZE, execution=advlab.Execution(chunk=16))
    seen = []
    places, ones = in_chunks(21, classifier, greedy(limit, error, seen))
    assert places.tolist() == list(range(21))
    assert ones.shape == (21, 2)
    assert max(seen) <= limit
    assert sum(seen) == 21
    assert max(seen) == max(size for size in (16, 8, 4, 2, 1) if size <= limit)


def test_what_fitted_is_remembered_for_a_while(monkeypatch):
    classifier, other = (wrap(conv(SIZE), 4, SIZE, execution=advlab.Execution(chunk=16)) for _ in range(2))
    in_chunks(21, classifier, greedy(5, MemoryError(), []), backward=True)
    assert chunk_size(classifier, backward=True) == 4
    assert chunk_size(classifier, backward=False) == 16, "a forward pass needs less"
    assert chunk_size(other, backward=True) == 16
    tries = []
    in_chunks(8, classifier, lambda part: (tries.append(part), torch.ones(1))[1:], backward=True)
    assert tries == [slice(0, 4), slice(4, 8)]
    later = time.monotonic() + 601
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert chunk_size(classifier, backward=True) == 16, "others may have left the device"


def test_one_image_that_does_not_fit():
    classifier = wrap(conv(SIZE), 4, SIZE, name="giant")
    with pytest.raises(ResourceError, match=r"giant.*smaller model"):
        in_chunks(5, classifier, greedy(0, torch.OutOfMemoryError("no"), []))


def test_other_errors_are_not_swallowed():
    classifier = wrap(conv(SIZE), 4, SIZE)
    with pytest.raises(RuntimeError, match="shapes"):
        in_chunks(5, classifier, greedy(0, RuntimeError("shapes"), []))


def test_an_attack_survives_a_memory_that_is_too_small():
    """The result is the one of a machine with enough."""

    class Tight(torch.nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def forward(self, x):
            if len(x) > 2:
                raise torch.OutOfMemoryError("no")
            return self.module(x)

    module, x = conv(SIZE, dtype=torch.float64), pictures(7, SIZE, dtype=torch.float64)
    roomy = advlab.attack(wrap(module, 4, SIZE), x, "pgd", eps=0.05, steps=4)
    tight = advlab.attack(wrap(Tight(module), 4, SIZE), x, "pgd", eps=0.05, steps=4)
    torch.testing.assert_close(tight.adversarial, roomy.adversarial, rtol=0, atol=1e-9)
    assert torch.equal(tight.queries, roomy.queries)


def test_chunk_sizes():
    classifier = wrap(conv(SIZE), 4, SIZE)
    assert chunk_size(classifier, backward=True) <= chunk_size(classifier, backward=False)
    assert chunk_size(wrap(conv(SIZE), 4, SIZE, execution=advlab.Execution(chunk=5)), backward=True) == 5
    big = advlab.wrap(torch.nn.Flatten(), labels=["a"], input_size=(3, 4000, 4000))
    assert chunk_size(big, backward=True) == 1
