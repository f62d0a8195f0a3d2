"""Networks of timm by their name: cards, preparation, and weights from a file in the folder."""

import pytest
import torch
from safetensors.torch import save_file

import advlab
from advlab import models
from advlab.errors import ModelError, ParameterError
from advlab.models import architectures, libraries, timm_cards
from tests.models.test_lite import scene
from tests.models.test_own import random_state


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("ADVLAB_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def test_the_card():
    card = models.card("timm:resnet18.a1_in1k")
    assert card.name == "timm:resnet18.a1_in1k"
    assert card.family == "timm"
    assert card.input_size == (3, 224, 224)
    assert card.preprocessing.crop == 0.95
    assert card.licence == "apache-2.0"
    assert card.parameters == 11_689_512
    assert card.url.endswith("/model.safetensors")
    assert card.install == "python -m advlab fetch timm:resnet18.a1_in1k"
    assert len(set(card.labels())) == 1000
    assert models.card("timm:resnet18").name == card.name


@pytest.mark.parametrize(
    "name, words",
    [
        ("timm:resnet19", "Did you mean"),
        ("timm:", "Write the architecture as"),
        ("timm:hf-hub:evil/model", "There is no network"),
        ("timm:vit_small_patch14_dinov2.lvd142m", "gives features, not classes"),
        ("timm:resnet18.no_such_tag", "of resnet18 there are: resnet18.a1_in1k"),
    ],
)
def test_names_that_are_none(name, words):
    with pytest.raises(ParameterError, match=words) as caught:
        models.card(name)
    assert str(caught.value)[-1] in ".?"


def test_there_are_many_and_their_cards_can_be_made():
    names = models.timm_names()
    assert len(names) > 1000
    for name in names[::150]:
        card = models.card(f"timm:{name}")
        assert card.url.startswith("https://")
        assert card.parameters > 0


def test_labels_of_other_parts_of_imagenet():
    card = next(
        card
        for card in (models.card(f"timm:{name}") for name in models.timm_names() if name.endswith("in21k"))
        if card.url
    )
    labels = card.labels()
    assert len(set(labels)) == len(labels) > 10_000
    assert not labels[5].startswith("class ")


@pytest.mark.parametrize(
    "name",
    [
        "resnet18.a1_in1k",
        "efficientnet_b3.ra2_in1k",
        "vit_base_patch16_clip_224.openai_ft_in1k",
        "eva_giant_patch14_336.clip_ft_in1k",
    ],
)
def test_pictures_are_prepared_as_timm_does(name):
    """Centre crops and squashed ones."""
    library = libraries.timm()
    about = library.get_pretrained_cfg(name).to_dict()
    settings = library.data.resolve_data_config({}, pretrained_cfg=about)
    theirs = library.data.create_transform(**settings, is_training=False)
    card = models.card(f"timm:{name}")
    classifier = advlab.Classifier(torch.nn.Flatten(), ["a", "b"], card.input_size, preprocessing=card.preprocessing)
    mean, std = (torch.tensor(values).reshape(-1, 1, 1) for values in (card.preprocessing.mean, card.preprocessing.std))
    for picture in (scene(), scene(1).resize((400, 701))):
        ours = (classifier.prepare(picture)[0] - mean) / std
        torch.testing.assert_close(ours, theirs(picture), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["test_resnet.r160_in1k", "test_vit.r160_in1k", "test_efficientnet.r160_in1k"])
def test_weights_in_the_folder_are_found_and_loaded(home, name):
    card = models.card(f"timm:{name}")
    assert card.weights() is None
    with pytest.raises(ModelError, match=f"run “python -m advlab fetch timm:{name}”"):
        models.ModelCache().load(card.name, "cpu")
    state = random_state(f"timm:{name}", 1000, card.input_size)
    file = home / "weights" / card.file
    file.parent.mkdir()
    save_file(state, file)
    timm_cards.note(card.name)
    assert card.weights() == file
    listed = models.on_this_computer()[card.name]
    assert (listed.title, listed.parameters, listed.preprocessing) == (card.title, card.parameters, card.preprocessing)
    classifier = models.ModelCache().load(card.name, "cpu")
    for key, value in classifier.module.state_dict().items():
        torch.testing.assert_close(value, state[key])
    x = classifier.prepare(scene()).requires_grad_()
    (gradient,) = torch.autograd.grad(classifier(x)[0, 0], x)
    assert gradient.abs().max() > 0
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(ModelError, match="delete it"):
        models.ModelCache().load(card.name, "cpu")
    save_file({"other": torch.zeros(3)}, file)
    with pytest.raises(ModelError, match="does not hold the weights of"):
        models.ModelCache().load(card.name, "cpu")


def test_building_leaves_global_randomness_alone():
    """Of networks with tables, with drawn parameters, and with neither; the conftest compares the generators."""
    for name in (
        "timm:swin_tiny_patch4_window7_224",
        "timm:beit_base_patch16_224",
        "timm:levit_128s",
        "timm:eva02_tiny_patch14_224",
    ):
        network = architectures.network(name, 10, (3, 224, 224))
        saved = network.state_dict()
        assert not any(buffer.is_meta for key, buffer in network.named_buffers() if key not in saved)
