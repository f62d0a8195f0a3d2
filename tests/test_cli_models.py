"""Commands about models: lists, cards, downloads, and weights of one's own."""

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from advlab import models
from advlab.cli import app
from advlab.errors import AdvlabError
from advlab.models import architectures
from tests.models import throwaway
from tests.models.test_proposal import TRUE, described
from tests.models.throwaway import shelf

__all__ = ["shelf"]

RUNNER = CliRunner()


def run(*arguments):
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_by_default_what_is_on_this_computer(monkeypatch, tmp_path):
    monkeypatch.setenv("ADVLAB_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    output = run("models")
    assert "efficientnet_lite0" in output
    assert "resnet" not in output
    assert "--all" in output


def test_a_word_searches_all_and_timm():
    output = run("models", "convnext")
    assert "convnext_tiny_imagenet1k_v1" in output
    assert "timm:convnext" in output
    assert "efficientnet_lite0" not in output


@pytest.mark.parametrize("name", ["efficientnet_lite1", "vit_h_14_imagenet1k_swag_e2e_v1", "timm:resnet18.a1_in1k"])
def test_a_name_shows_its_card(name):
    output = run("models", name)
    card = models.card(name)
    assert card.licence.split()[0] in output
    assert card.accuracy.split()[0] in output


def test_a_network_of_ours_shows_what_was_counted_and_the_command_that_made_it(tmp_path, shelf):
    throwaway.write_pair(tmp_path)
    shelf()
    output = " ".join(run("models", "try_pgd").replace("│", " ").split())
    for words in (
        "try-pgd, 14 epochs, seed 0",
        "python -m advlab train --recipe try-pgd --data gtsrb",
        "96.8%, 95% interval 96.2–97.3% (3,870 right of 4,000)",
        "73.0%, 95% interval 70.2–75.7% (730 right of 1,000, worst of 5 restarts)",
        "68%, 95% interval 63.8–71.9% (340 right of 500, official, a392200)",
        "ε = 8/255, L∞",
        "Drawn data. It was never trained on anything.",
        "try_standard",
    ):
        assert words in output
    line = next(line for line in run("models").splitlines() if "try_standard" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")][-3:] == ["96.8%", "0.3%", "yes"]


def test_a_card_with_a_mistake_is_said_and_the_others_are_listed(tmp_path, shelf):
    throwaway.write(tmp_path, "try_pgd", eps=-1)
    shelf()
    output = " ".join(run("models").split())
    assert "try_pgd.json is no card of a model: eps: input should be greater than 0." in output
    assert "efficientnet_lite0" in output


def test_fetching_what_is_here_says_where():
    assert "is here" in run("fetch", "efficientnet_lite0")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    network = architectures.network("timm:test_resnet", 3, (3, 64, 64))
    generator = torch.Generator().manual_seed(0)
    state = {
        key: torch.rand(own.shape, generator=generator) / 4
        if own.is_floating_point()
        else torch.zeros(own.shape).long()
        for key, own in network.state_dict().items()
    }
    file = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    save_file(state, file)
    labels = file.with_name("names.txt")
    labels.write_text("cat\ndog\nfish\n")
    return file, labels


OWN = (
    "attack",
    "sample:cat",
    "--attack",
    "fgsm",
    "--eps",
    "8/255",
    "--architecture",
    "timm:test_resnet",
    "--size",
    "64",
)


def test_weights_that_say_themselves_what_they_are_need_nothing_else(tmp_path):
    file = tmp_path / "weights.safetensors"
    file.write_bytes(described(TRUE))
    output = " ".join(run("attack", "sample:cat", "--attack", "fgsm", "--eps", "8/255", "--weights", str(file)).split())
    assert (
        f"The file says of itself: {throwaway.ARCHITECTURE}; 4 classes: stop, give way, no entry and 1 more" in output
    )
    assert any(f"answer │ {label}" in output for label in TRUE["labels"])
    names = tmp_path / "names.txt"
    names.write_text("red\nblue\ngreen\nyellow")
    given = ["--weights", str(file), "--labels", str(names), "--mean", "0"]
    output = run("attack", "sample:cat", "--attack", "fgsm", "--eps", "8/255", *given)
    assert any(colour in output for colour in ("red", "blue", "green", "yellow"))  # what is said counts


def test_what_the_file_says_is_not_asked_where_somebody_says_it(tmp_path):
    file = tmp_path / "weights.safetensors"
    file.write_bytes(described({**TRUE, "labels": 7}))
    attack = ("attack", "sample:cat", "--attack", "fgsm", "--eps", "8/255", "--weights", str(file))
    result = RUNNER.invoke(app, attack)
    assert "labels: input should be a valid list" in str(result.exception)
    output = run(*attack, "--architecture", throwaway.ARCHITECTURE, "--classes", "4", "--size", "32")
    assert "The file says" not in output


def test_own_weights_are_attacked(weights):
    file, labels = weights
    output = run(*OWN, "--weights", str(file), "--labels", str(labels), "--mean", "0.5", "--std", "0.5,0.5,0.5")
    assert any(name in output for name in ("cat", "dog", "fish"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--classes", "4"], "the file has 3 classes, you said 4"),
        ([], "--classes 10"),
        (["--classes", "4", "--labels", "LABELS"], "leave one of them out"),
        (["--classes", "3", "--mean", "1,2"], "with commas"),
        (["--classes", "3", "--std", "0"], "std must be above 0"),
        (["--labels", "nowhere.txt"], "Cannot read nowhere.txt"),
    ],
)
def test_mistakes_are_sentences(weights, arguments, words):
    file, labels = weights
    arguments = [str(labels) if argument == "LABELS" else argument for argument in arguments]
    result = RUNNER.invoke(app, [*OWN, "--weights", str(file), *arguments])
    assert isinstance(result.exception, AdvlabError)
    assert words in str(result.exception)
