"""Every classification network of torchvision, with each of its weights, built from random numbers."""

import json
import re
import subprocess
import sys
import time

import pytest
import torch
from PIL import Image

import advlab
from advlab import models
from advlab.errors import ModelError
from advlab.models import architectures, libraries, published, torchvision_cards
from advlab.models.card import registry
from advlab.models.published import Record
from tests.models.test_lite import scene

CARDS = {record.name: record for record in torchvision_cards.records_of_torchvision()}

# Of networks with more numbers than this only the structure is built, on no device: a gradient takes seconds, or
# 2.5 GB. Each has a smaller sister from the same code, the smallest of which is there whatever its size.
LARGE = 25_000_000


def distinct():
    """One of each structure: weights that differ in their numbers alone need not be built twice."""
    found = {}
    for record in CARDS.values():
        found.setdefault((record.architecture, record.input_size, tuple(record.options)), record.name)
    return list(found.values())


def family(name):
    """The letters that an architecture begins with: its code."""
    return re.match("[a-z]+", CARDS[name].architecture.removeprefix("torchvision:"))[0]


def giants():
    """All that are large and have a smaller sister."""
    smallest = {}
    for name in sorted(distinct(), key=lambda name: CARDS[name].parameters):
        smallest.setdefault(family(name), name)
    return sorted(name for name in distinct() if CARDS[name].parameters > LARGE and smallest[family(name)] != name)


def random_state(record, generator):
    """Numbers that keep signals alive through any depth: small weights, batch norms that do nothing."""
    network = architectures.network(record.architecture, record.classes, record.input_size, **record.options)
    state = network.state_dict()
    for key, own in list(state.items()):
        if not own.is_floating_point():
            state[key] = torch.zeros(own.shape, dtype=own.dtype) if own.is_meta else own
        elif own.dim() < 2:
            state[key] = torch.full(own.shape, 0.0 if key.endswith(("bias", "running_mean")) else 1.0)
        else:
            fan = own[0].numel()
            state[key] = torch.randn(own.shape, generator=generator) * (2 / fan) ** 0.5
    return state


def test_every_weight_of_every_network_is_there():
    library = libraries.torchvision_models()
    weights = [w for name in library.list_models(module=library) for w in library.get_model_weights(name)]
    weights.remove(library.VGG16_Weights.IMAGENET1K_FEATURES)  # it has no classifier
    assert len(CARDS) == len(weights) == 114
    assert {card.url for card in CARDS.values()} == {w.url for w in weights}
    cards = models.catalogue()
    assert set(CARDS) <= set(cards)
    assert len(cards) == len(CARDS) + len(registry.all())
    quantised = set(library.list_models(module=library.quantization))
    assert quantised
    assert not quantised & {card.architecture.partition(":")[2] for card in CARDS.values()}


@pytest.mark.parametrize("name", CARDS)
def test_cards_say_what_torchvision_says(name):
    card = models.card(name)
    library = libraries.torchvision_models()
    arch = CARDS[name].architecture.removeprefix("torchvision:")
    weights = library.get_model_weights(arch)[name.removeprefix(f"{arch}_").upper()]
    assert re.fullmatch(r"[a-z0-9_]+", name)
    assert card.name == name
    assert card.family == "torchvision"
    assert card.url == weights.url
    assert card.url.startswith("https://")
    assert card.sha256_prefix in card.url
    assert len(card.sha256_prefix) >= 8
    assert card.parameters == weights.meta["num_params"]
    assert card.bytes / 2**20 == pytest.approx(weights.meta["_file_size"], abs=1e-3)
    assert float(card.accuracy.split("%")[0]) == pytest.approx(
        weights.meta["_metrics"]["ImageNet-1K"]["acc@1"], abs=0.051
    )
    assert ("CC-BY-NC" in card.licence) == ("SWAG" in weights.name)
    assert card.source.startswith("https://")
    assert card.install.endswith(name)
    assert len(card.labels()) == 1000


def test_the_labels_are_torchvisions():
    theirs = libraries.torchvision_models().ResNet18_Weights.DEFAULT.meta["categories"]
    ours = models.card("resnet18_imagenet1k_v1").labels()
    same = sum(a.lower() == b.lower() for a, b in zip(ours, theirs, strict=True))
    assert same > 980  # a few are spelled in another way


@pytest.mark.parametrize("name", CARDS)
def test_pictures_are_prepared_as_torchvision_does(name):
    """The same pixels, for a wide and a tall picture, and the same normalisation."""
    record = CARDS[name]
    arch = record.architecture.removeprefix("torchvision:")
    weights = libraries.torchvision_models().get_model_weights(arch)[name.removeprefix(f"{arch}_").upper()]
    classifier = advlab.Classifier(
        torch.nn.Flatten(), [str(i) for i in range(3)], record.input_size, preprocessing=record.preprocessing
    )
    mean, std = (
        torch.tensor(values).reshape(-1, 1, 1) for values in (record.preprocessing.mean, record.preprocessing.std)
    )
    for picture in (scene(), scene(1).transpose(Image.Transpose.ROTATE_90), scene(2).resize((700, 651))):
        theirs = weights.transforms()(picture)
        ours = (classifier.prepare(picture)[0] - mean) / std
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(distinct()) - set(giants()))[::2])
def test_each_second_is_built_and_has_a_gradient(name):
    """From a state like the published one: the right size, its picture prepared, one gradient through it."""
    record = CARDS[name]
    state = random_state(record, torch.Generator().manual_seed(0))
    network = torchvision_cards.from_state(record, state, "random numbers")
    classifier = advlab.Classifier(
        network, models.card(name).labels(), record.input_size, name=name, preprocessing=record.preprocessing
    )
    assert not any(weight.is_meta for weight in (*network.parameters(), *network.buffers()))
    x = classifier.prepare(scene()).requires_grad_()
    logits = classifier(x)
    (gradient,) = torch.autograd.grad(logits.sum(), x)
    assert logits.shape == (1, 1000)
    assert logits.isfinite().all()
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0
    _counted(record, network)


def _counted(record, network):
    """As many numbers as were published, less the heads that only training uses."""
    count = sum(weight.numel() for weight in network.parameters())
    with_head = record.architecture.endswith("inception_v3")
    assert count < record.parameters if with_head else count == record.parameters, record.name


@pytest.mark.parametrize("name", giants()[::2])
def test_each_second_giant_is_built_on_no_device(name):
    record = CARDS[name]
    network = architectures.network(record.architecture, record.classes, record.input_size, **record.options)
    _counted(record, network)
    network.to("meta").eval()
    with torch.device("meta"):
        assert network(torch.empty(1, *record.input_size)).shape == (1, 1000)


@pytest.mark.parametrize(
    "name", ["squeezenet1_1_imagenet1k_v1", "densenet121_imagenet1k_v1", "googlenet_imagenet1k_v1"]
)
def test_a_file_is_loaded_by_its_name(name, tmp_path, monkeypatch):
    """The way it goes for people: a file in the folder, found, read and cached; in the form that old files have."""
    record = CARDS[name]
    state = random_state(record, torch.Generator().manual_seed(0))
    if "densenet" in name:
        state = {re.sub(r"\.(norm|conv)([12])\.", r".\1.\2.", key): value for key, value in state.items()}
    if "googlenet" in name:
        state["aux1.fc1.weight"] = torch.zeros(record.bytes // 4 - sum(value.numel() for value in state.values()))
    state = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("ADVLAB_HOME", str(tmp_path / "home"))
    file = tmp_path / "torch" / "hub" / "checkpoints" / record.file
    file.parent.mkdir(parents=True)
    with pytest.raises(ModelError, match="not on this computer: run “python -m advlab fetch"):
        models.ModelCache().load(name)
    torch.save(state, file)
    assert models.card(name).weights() == file
    assert name in models.on_this_computer()
    classifier = models.ModelCache().load(name, "cpu")
    assert classifier.name == name
    assert classifier(classifier.prepare(scene())).shape == (1, 1000)
    whole = file.read_bytes()
    file.write_bytes(whole[:-2000])
    with pytest.raises(ModelError, match="damaged"):
        models.ModelCache().load(name, "cpu")
    file.write_bytes(whole[: len(whole) // 2])
    assert models.card(name).weights() is None
    assert name not in models.on_this_computer()
    monkeypatch.setattr("advlab.models.folder._TOLERANCE", 1.0)
    torch.save({"conv.weight": torch.zeros(3)}, file)
    with pytest.raises(ModelError, match="does not hold the weights of"):
        models.ModelCache().load(name, "cpu")


def test_records_survive_being_written(tmp_path):
    records = list(CARDS.values())
    assert [Record.read(json.loads(json.dumps(record.plain()))) for record in records] == records
    published.write(records, tmp_path / "new" / "list.json", "1")
    assert published.read(tmp_path / "new" / "list.json", "1") == records
    assert published.read(tmp_path / "new" / "list.json", "2") is None
    (tmp_path / "new" / "list.json").write_text("{")
    assert published.read(tmp_path / "new" / "list.json", "1") is None


def test_a_menu_does_not_wait_for_torchvision(tmp_path):
    """Neither the list of what is here, nor the catalogue once it was written down, imports torchvision's models."""
    code = """
import sys, time
from advlab import models
began = time.perf_counter()
here = models.on_this_computer()
print("here", len(here), time.perf_counter() - began, "torchvision.models" in sys.modules)
began = time.perf_counter()
models.catalogue()["efficientnet_lite0"]
print("lite", "torchvision.models" in sys.modules)
count = len(models.catalogue())
print("all", count, time.perf_counter() - began, "torchvision.models" in sys.modules)
"""
    environment = {"ADVLAB_HOME": str(tmp_path), "TORCH_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        ).stdout.split("\n")
        for _ in range(2)
    )
    assert first[0].endswith("False")
    assert first[1].endswith("False")
    everything = f"all {len(CARDS) + len(registry.all())} "
    assert first[2].startswith(everything)
    assert second[2].startswith(everything)
    assert second[2].endswith("False")
    assert float(second[0].split()[2]) < 0.5  # 2 ms on a quiet machine
    assert float(second[2].split()[2]) < 1  # 15 ms


def test_time_to_list_what_is_here():
    models.on_this_computer()
    began = time.perf_counter()
    models.on_this_computer()
    assert time.perf_counter() - began < 0.5  # 1 ms on a quiet machine
