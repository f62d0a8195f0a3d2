"""The classifier: frozen, honest about shapes, and a module that other libraries take as it is."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import advlab
from advlab.core.classifier import Classifier, Execution
from advlab.errors import InputError, ModelError, ParameterError
from tests.networks import conv, fill, linear, pictures, wrap

SIZE = (3, 6, 5)


def with_norm():
    """A network with batch normalisation and dropout, which behave differently in training."""
    with torch.random.fork_rng(devices=[]):
        module = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(),
            nn.Linear(4 * 30, 4),
        )  # fmt: skip
    return fill(module)


def test_train_does_nothing():
    """PEERS item 15: nothing brings a frozen network back into training mode."""
    classifier, x = wrap(with_norm().train(), 4, SIZE), pictures(3, SIZE)
    before, state = classifier(x), copy.deepcopy(classifier.state_dict())
    assert classifier.train() is classifier
    assert classifier.train(True) is classifier
    assert not any(module.training for module in classifier.modules())
    assert torch.equal(classifier(x), before)
    assert all(torch.equal(value, state[key]) for key, value in classifier.state_dict().items())
    assert not any(parameter.requires_grad for parameter in classifier.parameters())


def test_answers_do_not_depend_on_the_batch():
    classifier, x = wrap(with_norm().double(), 4, SIZE), pictures(5, SIZE, dtype=torch.float64)
    alone = torch.cat([classifier(x[[k]]) for k in range(5)])
    torch.testing.assert_close(classifier(x), alone, rtol=0, atol=1e-12)


def test_normalisation_is_its_first_layer():
    """PEERS item 23: pixels and radii are in [0, 1] units whatever a network was trained on."""
    module, mean, std = conv(SIZE, dtype=torch.float64), (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
    shaped = [torch.tensor(v, dtype=torch.float64).reshape(3, 1, 1) for v in (mean, std)]

    class Inside(nn.Module):
        def __init__(self):
            super().__init__()
            self.module = module

        def forward(self, x):
            return self.module((x - shaped[0]) / shaped[1])

    x = pictures(4, SIZE, dtype=torch.float64)
    outside, inside = wrap(module, 4, SIZE, mean=mean, std=std), wrap(Inside(), 4, SIZE)
    torch.testing.assert_close(outside(x), inside(x))
    first, second = (advlab.attack(c, x, "pgd", norm="linf", eps=0.03) for c in (outside, inside))
    torch.testing.assert_close(first.adversarial, second.adversarial)
    assert first.norms["linf"].max() <= 0.03 * (1 + 1e-5)


@pytest.mark.parametrize("values", [{"mean": [0.5, 0.5]}, {"std": [1.0, 1.0, 1.0, 1.0]}])
def test_wrong_normalisation(values):
    with pytest.raises(ParameterError, match="3 channels"):
        wrap(conv(SIZE), 4, SIZE, **values)


@pytest.mark.parametrize("size", [(3, 4), (3, 0, 4), (3, 4, 4, 1)])
def test_wrong_sizes(size):
    with pytest.raises(ParameterError, match="input_size"):
        wrap(conv(SIZE), 4, size)


@pytest.mark.parametrize("shape", [(3, 6, 5), (1, 3, 5, 6), (1, 1, 6, 5), (1, 3, 12, 10)])
def test_wrong_shapes_are_refused(shape):
    with pytest.raises(InputError, match=r"\(N, 3, 6, 5\)"):
        wrap(conv(SIZE), 4, SIZE)(torch.zeros(shape))


def test_what_is_no_logits_is_refused():
    with pytest.raises(ModelError, match=r"\(2, 5\)"):
        wrap(conv(SIZE, 4), 5, SIZE)(pictures(2, SIZE))

    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(ModelError, match="tuple"):
        wrap(Pair(), 5, SIZE)(pictures(2, SIZE))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_precision_follows_the_module(dtype):
    classifier = wrap(conv(SIZE, dtype=dtype), 4, SIZE)
    assert classifier.dtype == dtype
    for given in (torch.float16, torch.float32, torch.float64):
        assert classifier(pictures(1, SIZE).to(given)).dtype == dtype
    assert advlab.attack(classifier, pictures(2, SIZE), "fgsm", eps=0.1).adversarial.dtype == dtype


def test_layouts_give_the_same_answers():
    module, x = conv(SIZE), pictures(3, SIZE)
    last = wrap(module, 4, SIZE, execution=Execution(channels_last=True))(x)
    first = wrap(copy.deepcopy(module), 4, SIZE, execution=Execution(channels_last=False))(x)
    torch.testing.assert_close(first, last, rtol=1e-5, atol=1e-5)
    strided = x.permute(0, 3, 2, 1).contiguous().permute(0, 3, 2, 1)
    torch.testing.assert_close(wrap(module, 4, SIZE)(strided), last)


def test_it_is_differentiable_where_asked():
    classifier, x = wrap(conv(SIZE), 4, SIZE, mean=(0.5,) * 3, std=(0.5,) * 3), pictures(2, SIZE).requires_grad_()
    classifier(x).sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).any()


def test_digests_name_models():
    first, again, other = wrap(conv(SIZE), 4, SIZE), wrap(conv(SIZE), 4, SIZE), wrap(conv(SIZE, seed=1), 4, SIZE)
    assert first.digest == again.digest
    assert len({first.digest, other.digest, wrap(conv(SIZE), 4, SIZE, mean=(0.5,) * 3).digest}) == 3
    assert first.with_execution(Execution(chunk=3)).digest == first.digest


def test_another_execution_shares_the_weights():
    first = wrap(conv(SIZE), 4, SIZE)
    second = first.with_execution(Execution(chunk=2))
    assert second.execution.chunk == 2
    assert first.execution.chunk is None
    assert [p.data_ptr() for p in first.parameters()] == [p.data_ptr() for p in second.parameters()]


def test_verdicts_are_in_float32_whatever_the_search_uses():
    """With bf16 `search` rounds and `forward` does not."""
    classifier = wrap(conv(SIZE), 4, SIZE, execution=Execution(precision="bf16"))
    x = pictures(8, SIZE)
    with torch.no_grad():
        exact, coarse = classifier(x), classifier.search(x)
    assert torch.equal(exact, wrap(conv(SIZE), 4, SIZE)(x))
    assert coarse.dtype == torch.float32
    assert not torch.equal(exact, coarse)
    torch.testing.assert_close(exact, coarse, rtol=0.1, atol=0.1)
    r = advlab.attack(classifier, x, "pgd", norm="linf", eps=0.02, steps=10)
    with torch.no_grad():
        margin = r.goal.margin(classifier(r.adversarial))
    assert torch.equal(r.success, margin > 0)


def test_bf16_only_where_the_processor_has_it(monkeypatch):
    for has in (True, False):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has=has: has)
        found = wrap(conv(SIZE), 4, SIZE).with_precision("bf16").execution.precision
        assert found == ("bf16" if has else "float32")
        assert wrap(conv(SIZE), 4, SIZE).with_precision("float32").execution.precision == "float32"


def picture(width, height, mode="RGB", seed=0):
    generator = np.random.default_rng(seed)
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    return Image.fromarray(generator.integers(0, 256, shape, dtype=np.uint8), mode=None)


@pytest.mark.parametrize("size", [(3, 6, 5), (1, 28, 28), (3, 16, 16)])
@pytest.mark.parametrize("shape", [(5, 6), (40, 31), (9, 100), (100, 9), (28, 28), (1, 1)])
def test_prepared_pictures(size, shape):
    """Shape, range, and whole grey levels: what is shown is exactly what is classified."""
    classifier = wrap(conv(size), 4, size)
    x = classifier.prepare(picture(*shape))
    assert x.shape == (1, *size)
    assert x.dtype == torch.float32
    assert 0 <= float(x.min()) <= float(x.max()) <= 1
    assert torch.equal((x * 255).round() / 255, x)
    assert classifier(x).shape == (1, 4)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_modes_of_pictures(mode):
    assert wrap(conv(SIZE), 4, SIZE).prepare(picture(9, 7, mode)).shape == (1, *SIZE)


def test_a_picture_of_the_right_size_is_not_resampled():
    source = picture(5, 6)
    x = wrap(conv(SIZE), 4, SIZE).prepare(source)
    pixels = torch.from_numpy(np.array(source)).permute(2, 0, 1)
    assert torch.equal((x[0] * 255).round().to(torch.uint8), pixels)


def test_no_picture_has_two_channels():
    with pytest.raises(InputError, match="2 channels"):
        wrap(conv((2, 6, 5)), 4, (2, 6, 5)).prepare(picture(5, 6))


@pytest.mark.parametrize("name", ["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"])
@pytest.mark.parametrize("shape", [(500, 375), (300, 640), (257, 256), (100, 80)])
def test_preparation_is_timms(name, shape):
    """The picture that timm's evaluation transform makes, before it normalises."""
    data = pytest.importorskip("timm.data")
    classifier = advlab.load(name)
    channels, height, width = classifier.input_size
    transform = data.create_transform(
        (channels, height, width), mean=(0,) * 3, std=(1,) * 3, crop_pct=classifier.preprocessing.crop,
        interpolation="bicubic",
    )  # fmt: skip
    source = picture(*shape)
    assert torch.equal(classifier.prepare(source)[0], transform(source))


def test_a_classifier_needs_no_weights():
    assert Classifier(nn.Flatten(), ["a"] * 90, SIZE).dtype == torch.float32


def test_it_holds_no_hooks_and_no_counters():
    classifier, x = linear(SIZE, 4), pictures(2, SIZE)
    before = set(vars(classifier))
    advlab.attack(classifier, x, "pgd", norm="linf", eps=0.1, steps=2)
    assert set(vars(classifier)) - before <= {"digest"}
