"""A substitute on the page: it learns, is attacked, and says so; stopped, what is there stays."""

import io

import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from advlab import models
from advlab.cli import app
from advlab.data.samples import sample
from advlab.errors import InputError
from advlab.serving.blackbox import seeds
from advlab.serving.blackbox.substitute import SubstituteRequest, learn
from advlab.serving.exports import copied
from advlab.serving.figures import copying
from advlab.serving.figures.colours import LIGHT

QUICK = {"model": "mnist_standard", "seeds": 20, "rounds": 2, "epochs": 2, "eps": 0.3, "attacks": ("fgsm",)}


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(seeds, "HELD_OUT", 20)


def learned(**changes):
    drafts = []
    stop = changes.pop("should_stop", lambda: False)
    request = SubstituteRequest.checked(picture="sample:digit-3", **{**QUICK, **changes})
    return learn(request, sample("digit-3").picture(), None, drafts.append, stop), drafts


def test_it_learns_and_is_attacked():
    found, drafts = learned()
    assert [one.queries for one in found.rounds] == [20, 40]
    assert [one.attack for one in found.attacked] == ["fgsm"]
    row = found.attacked[0]
    assert row.on_victim.of == row.ceiling.of == 20
    assert row.ceiling.share > 0.5
    assert found.clean.says.label == "3"
    assert "after 40 questions; an attack made on it alone fools the victim on" in found.sentence
    done = [draft.done for draft in drafts]
    assert done == sorted(done)
    assert done[-1] == 1
    table = pd.read_csv(io.StringIO(copied.rounds(found)))
    assert table["queries"].tolist() == [20, 40]
    assert pd.read_csv(io.StringIO(copied.transfers(found)))["transfer"].tolist() == [row.on_victim.correct]
    line = copying.agreement(found, LIGHT).data[1]
    assert list(line.x) == [20, 40]
    card = models.add_own(
        found.weights, architecture="advlab:striding_cnn", labels=[str(k) for k in range(10)], input_size=(1, 28, 28),
        mean=(0.5,), std=(0.5,),
    )  # fmt: skip
    x = models.load("mnist_standard").prepare(sample("digit-3").picture())
    says = models.load(card.name)(x).softmax(1)[0, int(found.clean.copy_says.index)]
    torch.testing.assert_close(float(says), found.clean.copy_says.confidence, rtol=1e-4, atol=1e-5)


def test_stopped_nothing_is_lost():
    heard = iter([False] * 8 + [True] * 20)
    found, drafts = learned(should_stop=lambda: next(heard))
    assert found.stopped
    assert found.points
    assert found.points == drafts[-1].points
    assert found.weights
    assert not found.attacked


def test_photos_are_not_copied():
    with pytest.raises(InputError, match="1,000 classes"):
        learned(model="efficientnet_lite0")


def test_pictures_to_begin_with(tmp_path):
    digits = models.load("mnist_standard")
    drawn = seeds.seeds(digits, 15, None)
    assert drawn.images.shape == (15, 1, 28, 28)
    assert len({image.numpy().tobytes() for image in drawn.images}) == 15
    assert torch.equal((drawn.images * 255).round() / 255, drawn.images)
    for number in range(4):
        sample(f"digit-{number}").picture().save(tmp_path / f"{number}.png")
    loose = seeds.seeds(digits, 10, seeds.of_folder(digits, tmp_path))
    assert (len(loose.images), len(loose.held_out)) == (2, 2)


def test_on_the_command_line(tmp_path):
    options = ["--count", "20", "--rounds", "2", "--epochs", "2", "--attack", "fgsm", "--most-queries", "30"]
    file = tmp_path / "copy.safetensors"
    done = CliRunner().invoke(app, ["substitute", "mnist_standard", *options, "--out", str(file)])
    assert done.exit_code == 0, done.output
    assert "after 30 questions" in " ".join(done.output.split())
    assert file.stat().st_size > 10_000
