"""Networks of ours: found by being there, checked when they are read, and never a stack trace."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from advlab import models
from advlab.core.norms import Norm
from advlab.errors import ModelError
from advlab.models import shipped
from advlab.models.card import broken
from advlab.models.cards import shipped as cards
from tests.models import throwaway

SHIPPED = sorted((Path(__file__).parents[2] / "assets" / "models").glob("*.json"))


def test_one_json_and_its_weights_are_one_model(tmp_path, shelf):
    content = throwaway.weights()
    throwaway.write(tmp_path, "try_pgd", content)
    assert "try_pgd" not in models.on_this_computer()
    shelf()
    card = models.on_this_computer()["try_pgd"]
    assert card is models.card("try_pgd")
    assert card is models.catalogue()["try_pgd"]
    assert card.twin == "try_standard"
    assert card.accuracy == "96.8% top-1"
    assert card.shipped.eps == 8 / 255
    assert card.shipped.norm is Norm.LINF
    classifier = models.load("try_pgd", "cpu")
    assert classifier.labels == ("stop", "give way", "no entry", "priority road")
    found = classifier.module.state_dict()
    for key, value in load(content).items():
        torch.testing.assert_close(found[key], value.to(found[key].dtype), rtol=0, atol=0)
    assert {weight.dtype for weight in classifier.module.parameters()} == {torch.float32}
    assert all(check.ok is not False for check in models.preflight(classifier))


def test_normalisation_is_the_cards(tmp_path, shelf):
    throwaway.write(tmp_path, "try_pgd", mean=[0.1, 0.2, 0.3], std=[0.5, 0.6, 0.7])
    shelf()
    assert models.load("try_pgd", "cpu").preprocessing.mean == (0.1, 0.2, 0.3)


def test_one_channel(tmp_path, shelf):
    content = throwaway.weights(size=(1, 28, 28))
    throwaway.write(tmp_path, "try_pgd", content, input_size=[1, 28, 28], mean=[0.0], std=[1.0])
    shelf()
    assert models.load("try_pgd", "cpu")(torch.zeros(2, 1, 28, 28)).shape == (2, 4)


def test_without_weights_it_is_not_here_and_says_how_to_get_it(tmp_path, shelf):
    throwaway.write(tmp_path, "try_pgd")
    (tmp_path / "try_pgd.safetensors").unlink()
    shelf()
    assert "try_pgd" not in models.on_this_computer()
    with pytest.raises(ModelError, match="python -m advlab train --recipe try-pgd"):
        models.load("try_pgd")


def another(content):
    state = load(content)
    state["stem.weight"] = torch.zeros_like(state["stem.weight"])
    return save(state)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[:-7], "bytes and should have"),
        (lambda content: content[:-1] + b"\x01", "SHA-256 differs"),
        (another, "SHA-256 differs"),
    ],
    ids=["torn", "flipped", "another"],
)
def test_another_file_is_refused(tmp_path, shelf, damage, words):
    content = throwaway.weights()
    throwaway.write(tmp_path, "try_pgd", content)
    (tmp_path / "try_pgd.safetensors").write_bytes(damage(content))
    shelf()
    with pytest.raises(ModelError, match=words):
        models.load("try_pgd", "cpu")


@pytest.mark.parametrize(
    ("content", "changes", "words"),
    [
        (lambda: throwaway.weights(classes=5), {}, "the file has 5 classes, you said 4"),
        (throwaway.weights, {"architecture": "advlab:preact_resnet8_w32"}, "do not fit advlab:preact_resnet8_w32"),
        (lambda: b"\x08" + b"\0" * 7 + b"not json", {}, "no safetensors file"),
    ],
    ids=["classes", "architecture", "no weights"],
)
def test_a_file_that_is_not_this_network(tmp_path, shelf, content, changes, words):
    throwaway.write(tmp_path, "try_pgd", content(), **changes)
    shelf()
    with pytest.raises(ModelError, match=words):
        models.load("try_pgd", "cpu")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"eps": 0}, "eps: input should be greater than 0"),
        ({"norm": "l7"}, "norm: "),
        ({"labels": ["stop"]}, "labels: "),
        ({"labels": ["stop", "stop"]}, "two labels are the same"),
        ({"mean": [0.5]}, "one number a channel"),
        ({"std": [0.5, 0.5, 0]}, "std.2: "),
        ({"twin": "../signs"}, "twin: "),
        ({"bytes": "many"}, "bytes: "),
        ({"sha256": "abc"}, "sha256: "),
        ({"colour": "blue"}, "colour: extra inputs are not permitted"),
        ({"results": {"clean": {"correct": 5, "of": 4}}}, "results.clean: 5 is more than all 4"),
        ({"results": {"pgd": {"correct": 5, "of": 9}}}, "results.pgd.steps: field required"),
        ({"input_size": [2, 32, 32]}, "input_size.0: "),
    ],
)
def test_a_card_with_a_mistake_is_a_sentence_that_names_it(tmp_path, shelf, changes, words):
    throwaway.write(tmp_path, "try_pgd", **changes)
    throwaway.write(tmp_path, "try_standard")
    shelf()
    assert words in broken["try_pgd"]
    assert broken["try_pgd"].startswith("try_pgd.json is no card of a model: ")
    assert broken["try_pgd"].endswith(".")
    assert "try_standard" in models.on_this_computer()  # one mistake does not take the others along
    assert "try_pgd" not in models.on_this_computer()
    with pytest.raises(ModelError, match="is no card of a model"):
        models.card("try_pgd")


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "no JSON"), ("[" * 100_000, "no JSON"), ("[]", "no card"), (" " * 2_000_000, "too large")],
)
def test_what_is_no_card_at_all(tmp_path, text, words):
    file = tmp_path / "try_pgd.json"
    file.write_text(text)
    with pytest.raises(ModelError, match=words):
        shipped.read(file)


def test_a_card_under_another_name(tmp_path):
    throwaway.write(tmp_path, "try_pgd")
    renamed = (tmp_path / "try_pgd.json").rename(tmp_path / "other.json")
    with pytest.raises(ModelError, match=r"name it try_pgd\.json"):
        shipped.read(renamed)


def test_weights_are_no_path():
    said = throwaway.about("try_pgd", b"x", file="../try_pgd.safetensors")
    with pytest.raises(ValueError, match=r"file should be try_pgd\.safetensors"):
        shipped.Shipped.model_validate(said)


def test_what_was_counted():
    results = shipped.Shipped.model_validate(
        throwaway.about(
            "try_pgd",
            b"x",
            results={
                **throwaway.RESULTS,
                "certified": {"correct": 260, "of": 500, "radius": 0.25, "sigma": 0.25, "draws": 10000, "alpha": 0.001},
            },
        )
    ).results
    assert [count.kind for count in results.counted] == ["Clean pictures", "PGD-100", "AutoAttack", "Certified"]
    assert results.attacked is results.pgd
    assert results.pgd.share == 0.73
    assert results.pgd.interval == pytest.approx((0.7016, 0.7566), abs=1e-4)
    assert results.certified.details == "within L2 0.25, σ = 0.25, 10,000 draws, α = 0.001"
    assert shipped.Results().counted == ()
    assert shipped.Results().attacked is None


@pytest.mark.parametrize(
    ("norm", "eps", "words"), [("linf", 8 / 255, "8/255"), ("linf", 0.3, "0.3"), ("l2", 8 / 255, "0.0313725")]
)
def test_the_budget_as_people_write_it(norm, eps, words):
    assert shipped.Shipped.model_validate(throwaway.about("try_pgd", b"x", norm=norm, eps=eps)).budget == words


def test_another_folder_can_be_given(monkeypatch, tmp_path):
    assert cards.folder().parts[-2:] == ("assets", "models")
    monkeypatch.setenv(cards.SETTING, str(tmp_path))
    assert cards.folder() == tmp_path


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_what_we_ship_is_whole(file):
    card = models.card(json.loads(file.read_text("utf-8"))["name"])
    assert card.weights().stat().st_size <= 12_000_000
    twin = models.card(card.twin)
    assert twin.family == card.family
    assert twin.labels() == card.labels()
    assert twin.input_size == card.input_size
    assert card.shipped.standard != twin.shipped.standard
    assert card.shipped.results.clean
    assert len(models.load(card.name, "cpu").labels) == len(card.labels())


def test_all_that_we_ship_is_small():
    assert sum(file.with_suffix(".safetensors").stat().st_size for file in SHIPPED) <= 25_000_000
    titles = [card.title for card in models.on_this_computer().values()]
    assert len(set(titles)) == len(titles)  # a menu tells models apart by them
    assert not broken
