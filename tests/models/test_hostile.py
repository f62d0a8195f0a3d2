"""Two hundred hostile checkpoints: each ends in a sentence within five seconds, and none runs code."""

import pickle  # noqa: TID251 - to show that the files are as bad as they should be
import time

import pytest
import torch

from advlab import models
from advlab.errors import AdvlabError, ModelError
from advlab.models import architectures, own
from advlab.models.reader import reader
from tests.models import hostile

LIMIT = 5.0
SETTINGS = {
    "architecture": hostile.ARCHITECTURE,
    "labels": hostile.CLASSES,
    "input_size": hostile.SIZE,
    "mean": (0.5,) * 3,
    "std": (0.5,) * 3,
}


def network_state():
    network = architectures.network(hostile.ARCHITECTURE, hostile.CLASSES, hostile.SIZE)
    generator = torch.Generator().manual_seed(1)
    return {
        key: torch.rand(own.shape, generator=generator) * 0.1
        if own.is_floating_point()
        else torch.zeros(own.shape).long()
        for key, own in network.state_dict().items()
    }


STATE = network_state()
FAMILIES = {
    "archive": hostile.archives,
    "tensor": hostile.tensors,
    "pickle": hostile.pickles,
    "safetensors": hostile.safetensors,
    "other": hostile.others,
    "unfitting": lambda: hostile.unfitting(STATE),
}
seen: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def _the_reader_is_ready():
    reader.start()


def refused(name, content):
    started = time.perf_counter()
    with pytest.raises(AdvlabError) as caught:
        models.add_own(content, **SETTINGS)
    assert time.perf_counter() - started < LIMIT, name
    sentence = str(caught.value)
    assert sentence.endswith("."), name
    assert 20 < len(sentence) < 400, name
    assert "Traceback" not in sentence, name
    seen.append(name)
    return sentence


def test_the_files_would_run_code_elsewhere(tmp_path):
    """The control: read carelessly, the same bytes leave the canary."""
    canary = tmp_path / "canary"
    files = dict(hostile.code(canary))
    for name in ("os.system-pickle", "eval-pickle", "popen-pickle", "reduce-protocol-4"):
        pickle.loads(files[name])  # noqa: S301 - our own, and it only touches a file
        assert canary.exists(), name
        canary.unlink()


def test_no_code_runs(tmp_path):
    canary = tmp_path / "canary"
    for name, content in hostile.code(canary):
        refused(name, content)
        assert not list(tmp_path.iterdir()), name


@pytest.mark.parametrize("family", FAMILIES)
def test_refused_with_a_sentence(family):
    for name, content in FAMILIES[family]():
        refused(name, content)


def test_damage_that_can_be_read_is_found_by_the_preflight():
    for name, content in hostile.damaged(STATE):
        started = time.perf_counter()
        card = models.add_own(content, **SETTINGS)
        checks = models.preflight(models.load(card.name, "cpu"))
        assert time.perf_counter() - started < LIMIT, name
        assert any(check.ok is False for check in checks), name
        seen.append(name)
        models.forget(card.name)


def test_the_reader_lives_on():
    """After all that, real weights are taken as before, and nothing else is left behind."""
    card = models.add_own(hostile.saved(STATE), **SETTINGS)
    assert models.load(card.name, "cpu").input_size == hostile.SIZE
    assert {file.stem for file in own._folder().iterdir()} == {name.removeprefix("own:") for name in own._cards}
    models.forget(card.name)
    assert not any(file.stem == card.name.removeprefix("own:") for file in own._folder().iterdir())


def test_two_hundred_were_tried(request):
    if request.node.session.testscollected > len(FAMILIES) + 5:  # not one test by itself
        assert len(set(seen)) >= 200


def test_empty_and_too_large(monkeypatch, tmp_path):
    with pytest.raises(ModelError, match="is empty"):
        models.add_own(b"", **SETTINGS)
    with pytest.raises(ModelError, match="There is no file"):
        models.add_own(tmp_path / "nowhere.pth", **SETTINGS)
    monkeypatch.setattr("advlab.models.own.MAX_WEIGHTS_BYTES", 1000)
    with pytest.raises(ModelError, match="choose a smaller network"):
        models.add_own(b"0" * 1001, **SETTINGS)
