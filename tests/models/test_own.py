"""Weights of one's own: every honest way of saving them is taken, and mistakes are named."""

import stat
import threading

import pytest
import torch
from safetensors.torch import save as to_safetensors

from advlab import models
from advlab.errors import InputError, ModelError, ParameterError
from advlab.models import architectures, own
from tests.models.hostile import saved

ARCHITECTURE = "timm:test_resnet"
SIZE = (3, 64, 64)
GIVEN = {"architecture": ARCHITECTURE, "labels": 5, "input_size": SIZE}


def random_state(architecture=ARCHITECTURE, classes=5, size=SIZE, seed=0):
    network = architectures.network(architecture, classes, size)
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, weight in network.state_dict().items():
        if not weight.is_floating_point():
            state[key] = torch.zeros(weight.shape, dtype=weight.dtype) if weight.is_meta else weight
        else:
            state[key] = torch.rand(weight.shape, generator=generator) / 8
    return state


STATE = random_state()


def under(prefix, state=STATE):
    return {f"{prefix}{key}": value for key, value in state.items()}


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for name in list(own._cards):
        models.forget(name)


HONEST = {
    "safetensors": lambda: to_safetensors(STATE),
    "state dict": lambda: saved(STATE),
    "old state dict": lambda: saved(STATE, _use_new_zipfile_serialization=False),
    "state_dict": lambda: saved({"state_dict": STATE, "epoch": 3, "lr": 0.1}),
    "model": lambda: saved({"model": STATE, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}}),
    "model_state_dict": lambda: saved({"model_state_dict": STATE}),
    "nested": lambda: saved({"model": {"state_dict": STATE}}),
    "module.": lambda: saved(under("module.")),
    "_orig_mod.": lambda: saved(under("_orig_mod.")),
    "both": lambda: saved({"state_dict": under("module._orig_mod.")}),
    "model.": lambda: saved({"state_dict": under("model.")}),
    "ema": lambda: saved({"model": random_state(seed=1), "ema": STATE}),
    "averaged": lambda: saved({"n_averaged": torch.tensor(3), **under("module.")}),
    "parameters": lambda: saved(
        {key: torch.nn.Parameter(value) if value.is_floating_point() else value for key, value in STATE.items()}
    ),
    "doubles": lambda: saved(
        {key: value.double() if value.is_floating_point() else value for key, value in STATE.items()}
    ),
    "no counters": lambda: saved({key: value for key, value in STATE.items() if "num_batches" not in key}),
    "not contiguous": lambda: saved(
        {key: value.mT.contiguous().mT if value.dim() > 1 else value for key, value in STATE.items()}
    ),
}


@pytest.mark.parametrize("kind", HONEST)
def test_every_honest_file_gives_the_same_network(kind):
    card = models.add_own(HONEST[kind](), **GIVEN)
    classifier = models.load(card.name, "cpu")
    found = classifier.module.state_dict()
    for key, value in STATE.items():
        if "num_batches" not in key:
            torch.testing.assert_close(found[key], value)
    assert classifier.dtype == torch.float32
    assert classifier(torch.zeros(1, *SIZE)).shape == (1, 5)


def test_halves_become_floats():
    card = models.add_own(
        saved({key: value.half() if value.is_floating_point() else value for key, value in STATE.items()}), **GIVEN
    )
    classifier = models.load(card.name, "cpu")
    assert {weight.dtype for weight in classifier.module.parameters()} == {torch.float32}


def test_tied_weights_are_taken():
    state = {**STATE, "layer1.0.bn1.bias": STATE["layer1.0.bn1.weight"]}
    card = models.add_own(saved(state), **GIVEN)
    torch.testing.assert_close(
        models.load(card.name, "cpu").module.state_dict()["layer1.0.bn1.bias"], STATE["layer1.0.bn1.weight"]
    )


@pytest.mark.parametrize(
    "architecture, size",
    [
        ("torchvision:mnasnet0_5", (3, 64, 64)),
        ("torchvision:squeezenet1_1", (3, 64, 64)),
        ("torchvision:vit_b_32", (3, 64, 64)),
        ("torchvision:shufflenet_v2_x0_5", (3, 96, 64)),
        ("torchvision:swin_v2_t", (3, 64, 64)),
        ("timm:test_vit", (3, 64, 64)),
        ("timm:test_efficientnet", (1, 32, 32)),
        ("timm:swin_tiny_patch4_window7_224", (3, 224, 224)),
    ],
)
def test_architectures(architecture, size):
    """With and without tables of their own, of other sizes, with one channel."""
    card = models.add_own(
        saved(random_state(architecture, 3, size)), architecture=architecture, labels=3, input_size=size
    )
    classifier = models.load(card.name, "cpu")
    assert classifier(torch.zeros(1, *size)).shape == (1, 3)
    assert not any(weight.is_meta for weight in (*classifier.module.parameters(), *classifier.module.buffers()))
    models.cache.unload(card.name)


def test_the_card():
    labels = ["cat", "dog", "cat", "fish", "bird"]
    card = models.add_own(
        saved({"ema": STATE}),
        architecture=ARCHITECTURE,
        labels=labels,
        input_size=SIZE,
        mean=(0.5, 0.4, 0.3),
        std=(0.2,) * 3,
        title=" My\nmodel ",
    )
    assert card.name.startswith("own:")
    assert len(card.name) == 4 + 32
    assert card.title == "My model"
    assert card.family == "Your own"
    assert card.labels() == ("cat", "dog", "cat (2)", "fish", "bird")
    assert card.parameters == sum(
        value.numel() for key, value in STATE.items() if "running" not in key and "num_" not in key
    )
    assert "“ema”" in card.summary
    assert card.bytes > 4 * card.parameters
    assert models.card(card.name) is card
    classifier = models.load(card.name, "cpu")
    assert classifier.preprocessing.mean == (0.5, 0.4, 0.3)
    assert models.preflight(classifier)[0].ok


def test_the_name_is_made_from_weights_and_settings():
    content = saved(STATE)
    first = models.add_own(content, **GIVEN)
    assert models.add_own(content, **GIVEN) is first
    others = [
        models.add_own(saved(random_state(seed=1)), **GIVEN),
        models.add_own(content, **{**GIVEN, "labels": list("abcde")}),
        models.add_own(content, **{**GIVEN, "input_size": (3, 96, 96)}),
        models.add_own(content, **GIVEN, mean=(0.5,) * 3),
        models.add_own(content, **GIVEN, crop=0.9),
    ]
    assert len({first.name, *(card.name for card in others)}) == 6


def test_nobody_can_list_them(tmp_path):
    card = models.add_own(saved(STATE), **GIVEN)
    models.load(card.name, "cpu")
    assert card.name not in models.catalogue()
    assert card.name not in models.on_this_computer()
    with pytest.raises(ModelError, match="upload them again"):
        models.card("own:" + "0" * 32)
    folder = card.weights().parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(ModelError):
        models.card("own:../" + card.name[4:])


def test_forgotten_is_gone():
    card = models.add_own(saved(STATE), **GIVEN)
    file = card.weights()
    models.load(card.name, "cpu")
    models.forget(card.name)
    assert not file.exists()
    assert not models.cache.loaded(card.name)
    with pytest.raises(ModelError, match="upload them again"):
        models.load(card.name, "cpu")
    models.forget(card.name)
    models.load("efficientnet_lite0", "cpu")
    models.forget("efficientnet_lite0")
    assert models.cache.loaded("efficientnet_lite0")


def test_a_name_is_not_a_path(tmp_path):
    victim = own._folder().parent / "victim-of-a-path.safetensors"
    victim.touch()
    try:
        models.forget("own:../victim-of-a-path")
        assert victim.exists()
        with pytest.raises(ModelError, match="upload them again"):
            models.card("own:../victim-of-a-path")
    finally:
        victim.unlink()


def test_the_least_recently_used_goes(monkeypatch):
    first = models.add_own(saved(STATE), **GIVEN)
    monkeypatch.setenv("ADVLAB_OWN_MODELS", str(int(first.bytes * 2.5)))
    second = models.add_own(saved(random_state(seed=1)), **GIVEN)
    models.card(first.name)
    third = models.add_own(saved(random_state(seed=2)), **GIVEN)
    assert models.card(first.name)
    assert models.card(third.name)
    with pytest.raises(ModelError, match="upload them again"):
        models.card(second.name)
    assert not second.weights()
    assert models.add_own(saved(random_state(seed=1)), **GIVEN).name == second.name


def test_many_at_once():
    names = []
    threads = [
        threading.Thread(
            target=lambda seed: names.append(models.add_own(saved(random_state(seed=seed % 3)), **GIVEN).name),
            args=(seed,),
        )
        for seed in range(9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 9
    assert len(set(names)) == 3


def test_a_file_on_the_disk_is_read_and_left_alone(tmp_path):
    file = tmp_path / "mine.pth"
    file.write_bytes(saved(STATE))
    before = file.read_bytes()
    card = models.add_own(file, **GIVEN)
    assert card.name == models.add_own(before, **GIVEN).name
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"architecture": "resnet18"}, "Write the architecture as torchvision:resnet18"),
        ({"architecture": "torchvision:resnet19"}, "Did you mean"),
        ({"architecture": "keras:resnet18"}, "Write the architecture as"),
        ({"architecture": "timm:hf-hub:evil/model"}, "There is no network"),
        ({"architecture": "timm:local-dir:/etc"}, "There is no network"),
        ({"architecture": "torchvision:quantized_resnet18"}, "There is no network"),
        ({"labels": 1}, "from 2 to 100,000 classes, not 1"),
        ({"labels": 10**9}, "classes, not"),
        ({"input_size": (3, 4, 4)}, "sides of 8 to 1024"),
        ({"input_size": (3, 9999, 64)}, "sides of 8 to 1024"),
        ({"input_size": (2, 64, 64)}, "1 or 3 channels"),
        ({"mean": (0.5,)}, "Give mean as 3 numbers"),
        ({"std": (0.5, 0.5, float("nan"))}, "Give std as 3 numbers"),
        ({"std": (0.5, 0.5, 0)}, "std must be above 0"),
        ({"crop": 1.5}, "from 0.1 to 1"),
        ({"crop": float("nan")}, "from 0.1 to 1"),
        (
            {"architecture": "torchvision:vit_b_32", "input_size": (3, 70, 70)},
            "cannot be built for pictures of 70 × 70",
        ),
        ({"architecture": "torchvision:resnet18", "input_size": (1, 64, 64)}, "take 3 channels"),
    ],
)
def test_settings_that_cannot_be(change, words):
    with pytest.raises(ParameterError, match=words):
        models.add_own(saved(STATE), **{**GIVEN, **change})


def test_the_number_of_classes_is_named():
    with pytest.raises(ModelError, match="the file has 5 classes, you said 1000"):
        models.add_own(saved(STATE), **{**GIVEN, "labels": 1000})


@pytest.mark.parametrize(
    "content, name, names",
    [
        (b"cat\n\n dog \nfish\n", "names.txt", ("cat", "dog", "fish")),
        (b"\xef\xbb\xbfcat\r\ndog", "names.txt", ("cat", "dog")),
        (b'["cat", "dog"]', "names.json", ("cat", "dog")),
        (b'{"1": "dog", "0": "cat"}', "names.json", ("cat", "dog")),
        (b'{"cat": 0, "dog": 1}', "names.txt", ("cat", "dog")),
        (b'{"0": ["n01", "cat"], "1": ["n02", "dog"]}', "index", ("cat", "dog")),
        (b"crane\ncrane\ncrane (2)\ncrane", "names.txt", ("crane", "crane (3)", "crane (2)", "crane (4)")),
    ],
)
def test_labels(content, name, names):
    assert models.read_labels(content, name) == names


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "holds 0 labels"),
        (b"cat", "holds 1 labels"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"[1, 2]", "a class without a name"),
        (b'["", "a"]', "a class without a name"),
        (b'{"0": "a", "2": "b"}', "from 0 without gaps"),
        (b'{"a": "b", "c": "d"}', "should number its classes"),
        (b"[" * 100_000, "is no JSON"),
        (b"{", "is no JSON"),
        (b"a\n" * 3_000_000, "too large"),
    ],
)
def test_what_is_no_file_of_labels(content, words):
    with pytest.raises(InputError, match=words) as caught:
        models.read_labels(content, "names")
    assert str(caught.value).endswith(".")


def test_a_number_is_no_list_of_labels():
    with pytest.raises(InputError, match="neither a list nor an object"):
        models.read_labels(b"7", "names.json")
