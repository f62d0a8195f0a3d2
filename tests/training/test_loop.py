"""The loop: it learns, it repeats itself, it survives being killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from typer.testing import CliRunner

from advlab import training
from advlab.cli import app
from advlab.errors import InputError, ParameterError
from advlab.models import architectures, networks
from advlab.training import loop
from advlab.training.method import Method, Select
from tests.training import toys

ROOT = Path(__file__).parents[2]


def weights(trained):
    return {key: value.clone() for key, value in trained.network.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("method", ["standard", "pgd", "trades", "fast", "distillation", "noise"])
def test_each_method_trains_a_network_that_answers(method, tmp_path):
    steep = {"learning_rate": 0.5, "clip": 1.0} if method == "distillation" else {}
    recipe = toys.recipe(method, epochs=6, **steep)
    trained = training.train(recipe, toys.stripes(), tmp_path, device=torch.device("cpu"))
    chosen = trained.epochs[trained.chosen - 1]
    assert chosen.clean > 0.9
    assert not trained.network.training
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text("utf-8").splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[-1]["clean"] == trained.epochs[-1].clean
    assert all(0 <= line["robust"] <= 1 and line["seconds"] > 0 for line in lines)


def test_robust_training_is_more_robust_than_standard_training(tmp_path):
    images = toys.stripes(600)
    robust = {}
    for method in ("standard", {"name": "pgd", "steps": 5, "step_size": 0.4}):
        recipe = toys.recipe(method, epochs=8, eps=0.25, checked=40)
        folder = tmp_path / recipe.training.name
        trained = training.train(recipe, images, folder, device=torch.device("cpu"))
        robust[recipe.training.name] = trained.epochs[trained.chosen - 1].robust
    assert robust["pgd"] > robust["standard"] + 0.2


def test_the_same_seed_gives_the_same_weights_and_another_others(tmp_path):
    found = [
        weights(training.train(toys.recipe("fast", seed=seed), toys.stripes(), tmp_path / str(number)))
        for number, seed in enumerate((1, 1, 2))
    ]
    assert same(found[0], found[1])
    assert not same(found[0], found[2])


@pytest.mark.parametrize("method", ["distillation"])  # which trains twice; the command line's test kills another
def test_a_training_that_is_killed_comes_to_the_same_weights(method, tmp_path):
    """SIGKILL in the middle of an epoch, and once more; then it is finished here."""
    recipe = toys.recipe(method, epochs=4, batch_size=10)
    images = toys.stripes()
    whole = training.train(recipe, images, tmp_path / "whole")
    script = (
        "import sys, time, torch; torch.set_num_threads(1)\n"
        "from advlab import training; from tests.training import toys\n"
        "from pathlib import Path\n"
        "def slowly(p):\n"
        "    print(p.stage, p.epoch, p.batch, flush=True); time.sleep(0.02)\n"
        f"training.train(training.Recipe.of({recipe.model_dump(mode='json')!r}), toys.stripes(), Path(sys.argv[1]), "
        "report=slowly)\n"
    )
    folder = tmp_path / "killed"
    for at in (["", "2", "10"], ["", "3", "5"]):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        for line in process.stdout:
            if line.rstrip("\n").split(" ") == at:
                break
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
    went_on = []
    resumed = training.train(recipe, images, folder, report=lambda p: went_on.append((p.stage, p.epoch)))
    assert same(weights(whole), weights(resumed))
    assert {stage for stage, _ in went_on} == {""}, "the teacher was finished before"
    assert min(epoch for _, epoch in went_on) == 3
    assert [(e.loss, e.robust) for e in resumed.epochs] == [(e.loss, e.robust) for e in whole.epochs]


def test_dropout_repeats_itself_too(tmp_path):
    def build(classes, size):
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(64, classes))

    networks.registry.register("dropping", build)
    architectures.names.cache_clear()
    try:
        recipe = toys.recipe(architecture="advlab:dropping", epochs=3)
        whole = training.train(recipe, toys.stripes(), tmp_path / "whole")

        def stop(p):
            if p.epoch == 2 and p.finished is None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            training.train(recipe, toys.stripes(), tmp_path / "stopped", report=stop)
        went_on = training.train(recipe, toys.stripes(), tmp_path / "stopped")
        assert same(weights(whole), weights(went_on))
    finally:
        networks.registry.remove("dropping")
        architectures.names.cache_clear()


def test_half_a_file_is_never_read(tmp_path):
    """A kill while the state is written leaves the old one."""
    recipe = toys.recipe(epochs=2)
    first = training.train(recipe, toys.stripes(), tmp_path)
    (tmp_path / "checkpoint.pt.new").write_bytes(b"half")
    again = training.train(recipe, toys.stripes(), tmp_path)
    assert same(weights(first), weights(again))
    (tmp_path / "checkpoint.pt").write_bytes((tmp_path / "checkpoint.pt").read_bytes()[:1000])
    with pytest.raises(InputError, match="delete it to begin anew"):
        training.train(recipe, toys.stripes(), tmp_path)


def test_a_folder_belongs_to_one_training(tmp_path):
    training.train(toys.recipe(epochs=1), toys.stripes(), tmp_path)
    with pytest.raises(InputError, match="holds another training"):
        training.train(toys.recipe(epochs=1, seed=9), toys.stripes(), tmp_path)
    training.train(toys.recipe(epochs=1, summary="other words"), toys.stripes(), tmp_path)


def test_the_best_epoch_is_kept(tmp_path, monkeypatch):
    """By robust accuracy for a robust method, by clean for another, the last where neither says anything."""
    accuracies = iter([(0.5, 0.2), (0.6, 0.4), (0.7, 0.3), (0.6, 0.1)] * 3)
    monkeypatch.setattr(loop.HeldOut, "accuracy", lambda *_: next(accuracies))
    for method, chosen in (("pgd", 2), ("standard", 3), ("noise", 4)):
        kept = []
        trained = training.train(toys.recipe(method, epochs=4), toys.stripes(), tmp_path / method, report=kept.append)
        assert trained.chosen == chosen


def test_an_alarm_ends_the_training_and_stays_ended(tmp_path):
    class Alarming(Method):
        """Rings in its second epoch."""

        name = "alarming"
        title = "Alarming"
        select = Select.LAST

        def loss(self, batch):
            return training.registry.get("standard").configured({}).loss(batch)

        def alarm(self, epochs):
            return "Enough." if len(epochs) == 2 else None

    training.registry.register("alarming", Alarming)
    try:
        heard = []
        for _ in range(2):
            trained = training.train(toys.recipe("alarming", epochs=5), toys.stripes(), tmp_path, report=heard.append)
            assert [epoch.epoch for epoch in trained.epochs] == [1, 2]
        assert [p.alarm for p in heard if p.alarm] == ["Enough."]
        assert "alarming" in CliRunner().invoke(app, ["recipes"]).output, "a method is known by being there"
    finally:
        training.registry.remove("alarming")


def test_mistakes_are_sentences(tmp_path):
    few = toys.stripes(30)
    with pytest.raises(ParameterError, match="too few for a batch"):
        training.train(toys.recipe(), few, tmp_path / "few")
    with pytest.raises(ParameterError, match="The loss is no number"):
        training.train(toys.recipe(learning_rate=1e12), toys.stripes(), tmp_path / "nan")
    with pytest.raises(InputError, match="mean and std have 3 numbers"):
        training.train(toys.recipe(mean=(0.5, 0.5, 0.5)), toys.stripes(), tmp_path / "mean")
    with pytest.raises(ParameterError, match="There is no network"):
        training.train(toys.recipe(architecture="advlab:preact_resnet9"), toys.stripes(), tmp_path / "name")


def test_what_is_exported_says_how_it_is_used(tmp_path):
    recipe = toys.recipe(title="Stripes")
    trained = training.train(recipe, toys.stripes(), tmp_path)
    summary = training.export(trained, recipe, tmp_path)
    with safe_open(tmp_path / "weights.safetensors", "pt") as file:
        described = json.loads(file.metadata()["advlab"])
    assert described["labels"] == list(toys.NAMES)
    assert described["input_size"] == [1, 8, 8]
    assert described["architecture"] == "advlab:madry_cnn_128"
    stored = load_file(tmp_path / "weights.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float16}
    assert all(torch.allclose(stored[k].float(), v, rtol=1e-3, atol=1e-6) for k, v in weights(trained).items())
    assert summary["held_out"]["images"] == 40
    assert json.loads((tmp_path / "training.json").read_text("utf-8"))["recipe"]["seed"] == 0


def test_weights_stay_exact_where_rounding_loses_images(tmp_path, monkeypatch):
    trained = training.train(toys.recipe(), toys.stripes(), tmp_path)
    found = iter([(0.99, 0.5), (0.98, 0.5)])
    monkeypatch.setattr(loop.HeldOut, "accuracy", lambda *_: next(found))
    assert training.export(trained, toys.recipe(), tmp_path)["dtype"] == "float32"
    assert {value.dtype for value in load_file(tmp_path / "weights.safetensors").values()} == {torch.float32}


@pytest.mark.gpu
def test_a_gpu_trains_too(tmp_path):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    trained = training.train(toys.recipe("pgd", epochs=6), toys.stripes(), tmp_path, device=torch.device("cuda"))
    assert trained.epochs[-1].clean > 0.9
