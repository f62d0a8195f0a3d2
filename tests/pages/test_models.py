"""The Models page: cards, memory, own weights, downloads that fail with a sentence."""

import io
import tomllib
from collections.abc import Callable

import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from advlab import models
from advlab.data import pictures
from advlab.ui import own
from tests.pages.harness import ROOT, app, finish, html, lab, state

TINY = "test_resnet"


def page() -> AppTest:
    return app().switch_page("pages/models.py").run()


def tiny(classes: int = 3, **changes: torch.Tensor) -> bytes:
    network = models.architectures.network(f"timm:{TINY}", classes, (3, 64, 64))
    generator = torch.Generator().manual_seed(0)
    weights = {
        name: torch.randn(value.shape, generator=generator).abs() * 0.05
        if value.is_floating_point()
        else torch.zeros(value.shape, dtype=value.dtype)
        for name, value in network.state_dict().items()
    }
    return save({**weights, **changes})


def give(at: AppTest, data: bytes, name: str = "mine.safetensors", classes: int = 3) -> AppTest:
    taken = state(at).models.taken
    at.file_uploader(key=f"weights-{taken}").set_value((name, data, "application/octet-stream"))
    at.selectbox(key="own-library").set_value("timm")
    at.text_input(key="own-architecture").set_value(TINY)
    at.number_input(key="own-classes").set_value(classes)
    at.number_input(key="own-side").set_value(64)
    at.button(key="FormSubmitter:own-Check and add").click().run()
    job = state(at).models.adding
    if job is not None:
        assert job.wait(60)
    return at.run()


def test_each_model_on_this_computer_has_a_card() -> None:
    at = page()
    assert not at.exception
    for card in models.on_this_computer().values():
        for fact in (card.title, card.licence, card.source.split()[-1], card.accuracy):
            assert fact in html(at)


def test_a_loaded_model_is_shown_and_can_be_unloaded() -> None:
    models.load("efficientnet_lite1")
    at = page()
    at.button(key="unload-efficientnet_lite1").click().run()
    assert not models.cache.loaded("efficientnet_lite1")
    assert not at.exception


def test_use_in_the_lab_takes_the_model_along() -> None:
    at = page()
    at.button(key="use-efficientnet_lite2").click().run()
    assert not at.exception
    at = at.switch_page("pages/lab.py").run()
    assert at.selectbox(key="model").value == "efficientnet_lite2"


def test_own_weights_are_looked_over_and_attacked_and_are_nobody_elses() -> None:
    at = give(page(), tiny())
    assert not at.exception
    assert not at.error
    said = "\n".join(markdown.value for markdown in at.markdown)
    assert "ready" in said
    (name,) = state(at).models.own
    assert name.startswith("own:")
    at.button(key="use-own").click().run()
    at = at.switch_page("pages/lab.py").run()
    assert at.selectbox(key="model").value == name
    at.number_input(key="pgd.steps").set_value(2).run()
    at = finish(at.button(key="run").click().run())
    assert state(at).outcome.request.model == name
    assert state(at).address["model"] == "own"
    other = lab()
    assert name not in other.selectbox(key="model").options
    assert name not in state(other).cards()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lambda: b"", "empty"),
        (lambda: b"hello, I am a text", "weights"),
        (lambda: tiny(classes=7), "7"),
        (lambda: tiny()[:2000], ""),
    ],
    ids=["empty", "text", "classes", "truncated"],
)
def test_weights_that_do_not_fit_are_a_sentence(data: Callable[[], bytes], words: str) -> None:
    at = give(page(), data())
    assert not at.exception
    assert len(at.error) == 1
    assert words in at.error[0].value
    assert state(at).models.own == {}
    assert give(at, tiny()).session_state["lab"].models.own


def test_a_pickle_is_refused_and_not_run(tmp_path) -> None:
    canary = tmp_path / "canary"

    class Hostile:
        def __reduce__(self):
            return (open, (str(canary), "w"))

    file = io.BytesIO()
    torch.save({"weight": Hostile()}, file)
    at = give(page(), file.getvalue(), "mine.pt")
    assert len(at.error) == 1
    assert not canary.exists()


def test_weights_with_nan_are_not_offered() -> None:
    network = models.architectures.network(f"timm:{TINY}", 3, (3, 64, 64))
    name, value = next((n, v) for n, v in network.state_dict().items() if v.is_floating_point())
    at = give(page(), tiny(**{name: torch.full(value.shape, torch.nan)}))
    assert "not usable yet" in "\n".join(markdown.value for markdown in at.markdown)
    assert state(at).models.own == {}


def test_a_download_without_a_network_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("ADVLAB_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    at = page()
    at.selectbox(key="torchvision").set_value("resnet18_imagenet1k_v1").run()
    at.button(key="download").click().run()
    job = state(at).models.downloads["resnet18_imagenet1k_v1"]
    assert job.wait(30)
    at.run()
    assert not at.exception
    assert len(at.error) == 1
    assert at.error[0].value == job.problem


def test_no_uploader_takes_more_than_the_server() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    limit = config["server"]["maxUploadSize"]
    assert limit == own.UPLOAD_MB
    assert limit >= pictures.MAX_BYTES // 2**20
    assert limit * 2**20 <= models.MAX_WEIGHTS_BYTES
