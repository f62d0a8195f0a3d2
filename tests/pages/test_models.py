"""The Models page: cards, memory, own weights, downloads that fail with a sentence."""

import io
import socket
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from advlab import models
from advlab.data import pictures
from advlab.errors import ResourceError
from advlab.ui import models as page_models
from advlab.ui import own
from tests.models.test_proposal import HOSTILE, TRUE, described
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


def fill(at: AppTest, data: bytes, name: str = "mine.safetensors", classes: int | None = 3) -> AppTest:
    """The form for a network of timm, as it is before the button is pressed."""
    if at.segmented_control(key="own-library").value != "timm":
        at.segmented_control(key="own-library").set_value("timm").run()
    at.file_uploader(key=f"weights-{state(at).models.taken}").set_value((name, data, "application/octet-stream"))
    at.selectbox(key="own-architecture-timm").set_value(TINY)
    if classes is not None:
        at.number_input(key="own-classes").set_value(classes)
    at.number_input(key="own-side").set_value(64)
    return at


def press(at: AppTest) -> AppTest:
    at.button(key="own-add").click().run()
    job = state(at).models.adding
    if job is not None:
        assert job.wait(60)
        at.run()
    return at


def give(at: AppTest, data: bytes, name: str = "mine.safetensors", classes: int = 3) -> AppTest:
    return press(fill(at, data, name, classes))


def uploader(at: AppTest):
    return at.file_uploader(key=f"weights-{state(at).models.taken}")


def said(at: AppTest) -> str:
    """All that is written on the page."""
    texts = [*at.markdown, *at.caption, *at.error, *at.success, *at.info]
    return "\n".join([html(at), *(text.value for text in texts)])


def test_each_model_on_this_computer_has_a_card() -> None:
    at = page()
    assert not at.exception
    text = said(at) + "\n".join(code.value for code in at.code)
    for card in models.on_this_computer().values():
        published = (card.source, card.accuracy)
        made = (card.shipped.command, card.shipped.recipe) if card.shipped else published
        for fact in (card.title, card.licence, *made):
            assert fact in text


def test_addresses_are_links_and_nothing_else_is_markup() -> None:
    linked = page_models._linked("<b>see</b> https://example.org/a?b=1&c=2 or javascript:alert(1)")
    assert linked == (
        '&lt;b&gt;see&lt;/b&gt; <a href="https://example.org/a?b=1&amp;c=2" target="_blank" rel="noopener">'
        "example.org/a?b=1&amp;c=2</a> or javascript:alert(1)"
    )
    assert "<a" not in page_models._linked("ftp://example.org 'http' https:// x")
    assert page_models.plain("a_b *c* [d](e) $f$") == r"a\_b \*c\* \[d\](e) \$f\$"


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
    assert at.success[0].value == "**mine** is ready."
    assert "output" not in at.success[0].value
    facts = next(caption.value for caption in at.caption if "Digest" in caption.value)
    assert "parameters · Digest" in facts
    (name,) = state(at).models.own
    assert name.startswith("own:")
    assert any("In memory" in bar.proto.text and "mine · yours" in bar.proto.text for bar in at.get("progress"))
    assert any("somebody's own weights" in bar.proto.text for bar in page().get("progress"))
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
    ("data", "name", "words"),
    [
        (lambda: b"", "mine.pt", "empty"),
        (lambda: b"hello, I am a text", "mine.pt", "weights"),
        (lambda: tiny()[:2000], "mine.safetensors", ""),
        (lambda: hollow(), "mine.pt", "no values"),
    ],
    ids=["empty", "text", "truncated", "meta"],
)
def test_weights_that_do_not_fit_are_a_sentence(data: Callable[[], bytes], name: str, words: str) -> None:
    at = give(page(), data(), name)
    assert not at.exception
    assert len(at.error) == 1
    assert words in at.error[0].value
    assert state(at).models.own == {}
    uploader(at).set_value(("other.safetensors", tiny(), "application/octet-stream")).run()
    assert not at.error  # it was about the other file
    assert press(at).session_state["lab"].models.own


def hollow() -> bytes:
    file = io.BytesIO()
    torch.save({"fc.weight": torch.empty(3, 4, device="meta")}, file)
    return file.getvalue()


def test_after_a_mistake_only_the_number_needs_changing_and_then_the_file_is_let_go() -> None:
    at = give(page(), tiny(), classes=7)
    assert len(at.error) == 1
    assert "the file has 3 classes, you said 7" in at.error[0].value
    assert uploader(at).value is not None
    at.number_input(key="own-classes").set_value(3)
    at = press(at)
    assert not at.error
    assert at.success
    assert uploader(at).value is None
    (name,) = state(at).models.own
    at.button(key=f"forget-{name}").click().run()
    assert not at.success
    assert state(at).models.own == {}


def test_the_form_follows_what_is_chosen() -> None:
    at = page()
    assert at.selectbox(key="own-architecture-torchvision").value == "resnet18"
    at.segmented_control(key="own-library").set_value("timm").run()
    architecture = at.selectbox(key="own-architecture-timm")
    assert architecture.value == "resnet18"
    assert TINY in architecture.options
    assert not [box for box in at.text_input if box.key in {"own-mean", "own-std"}]
    at.selectbox(key="own-normalisation").set_value("Other").run()
    assert at.text_input(key="own-mean").value == "0.5, 0.5, 0.5"
    at.file_uploader(key="labels-0").set_value(("names.txt", b"cat\ndog\nfish\nbird", "text/plain")).run()
    assert at.number_input(key="own-classes").value == 4
    assert at.number_input(key="own-classes").disabled
    assert any("4 classes: cat, dog, fish and 1 more" in caption.value for caption in at.caption)
    at = press(fill(at, tiny(4), classes=None))
    (card,) = state(at).models.own.values()
    assert card.labels() == ("cat", "dog", "fish", "bird")
    assert card.preprocessing.mean == (0.5,) * 3


def test_a_file_that_says_what_it_is_needs_nothing_typed() -> None:
    at = page()
    uploader(at).set_value(("weights.safetensors", described(TRUE), "application/octet-stream")).run()
    assert not at.exception
    text = said(at)
    assert "The file says what it is: Traffic signs · PGD-trained" in text
    assert "4: stop, give way, no entry, priority road" in text
    assert "mean 0.5 0.4 0.3, std 0.25 0.2 0.1" in text
    assert not [box for box in at.selectbox if box.key == "own-normalisation"]
    at = press(at)
    assert not at.error
    (card,) = state(at).models.own.values()
    assert card.title == "Traffic signs · PGD-trained · yours"
    assert card.architecture == TRUE["architecture"]
    assert card.labels() == tuple(TRUE["labels"])
    assert card.input_size == (3, 32, 32)
    assert card.preprocessing.mean == (0.5, 0.4, 0.3)


def test_what_a_file_says_is_a_proposal_only() -> None:
    at = page()
    uploader(at).set_value(("mine.safetensors", described({**TRUE, "mean": [9, 9, 9]}), "")).run()
    at.toggle(key="own-believe").set_value(False).run()
    at.segmented_control(key="own-library").set_value("advlab").run()
    assert at.selectbox(key="own-architecture-advlab").value == "preact_resnet8_w32"
    at.selectbox(key="own-architecture-advlab").set_value(TRUE["architecture"].partition(":")[2])
    at.number_input(key="own-classes").set_value(4)
    at.number_input(key="own-side").set_value(32)
    at = press(at)
    assert not at.error
    (card,) = state(at).models.own.values()
    assert card.title == "mine · yours"
    assert card.labels() == ("class 0", "class 1", "class 2", "class 3")
    assert card.preprocessing.mean == (0.485, 0.456, 0.406)


def test_class_names_that_are_given_come_before_the_files() -> None:
    at = page()
    uploader(at).set_value(("mine.safetensors", described(TRUE), "")).run()
    at.file_uploader(key="labels-0").set_value(("names.txt", b"a\nb\nc\nd", "text/plain")).run()
    (card,) = state(press(at)).models.own.values()
    assert card.labels() == ("a", "b", "c", "d")


@pytest.mark.parametrize("kind", ["deep", "a hub", "a huge side", "std is 0", "too many labels"])
def test_a_file_that_says_what_cannot_be_is_a_sentence_and_the_form_is_there(kind: str) -> None:
    at = page()
    uploader(at).set_value(("mine.safetensors", described(HOSTILE[kind]), "")).run()
    assert not at.exception
    assert at.warning[0].value.startswith("What the file says of itself cannot be used (")
    assert at.selectbox(key="own-architecture-torchvision").value == "resnet18"


def test_what_a_file_says_is_no_markup() -> None:
    at = page()
    names = ["<img src=x>", "**b**", "c", "d"]
    uploader(at).set_value(("x.safetensors", described({**TRUE, "title": "<script>", "labels": names}), "")).run()
    assert "<script>" not in html(at)
    assert "&lt;script&gt;" in html(at)
    assert "<img" not in html(at)


def test_class_names_that_cannot_be_used_are_said_at_once() -> None:
    at = page()
    at.file_uploader(key="labels-0").set_value(("names.txt", b"cat", "text/plain")).run()
    assert "1 labels" in at.error[0].value
    assert not at.number_input(key="own-classes").disabled


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
    before = {model.name for model in models.cache.loaded_models()}
    at = give(page(), tiny(**{name: torch.full(value.shape, torch.nan)}))
    assert len(at.error) == 1
    assert at.error[0].value.startswith("Some answers are NaN or infinite")
    assert "not usable" in at.error[0].value
    assert state(at).models.own == {}
    assert {model.name for model in models.cache.loaded_models()} == before
    assert uploader(at).value is not None


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


def test_people_read_no_error_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path, caplog) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise urllib.error.URLError(socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr(urllib.request, "urlopen", nowhere)
    with pytest.raises(ResourceError) as caught:
        models.download("https://example.org/file", tmp_path / "file")
    assert "Errno" not in str(caught.value)
    assert "service" not in str(caught.value)
    assert "Errno -2" in caplog.text


def test_no_uploader_takes_more_than_the_server() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    limit = config["server"]["maxUploadSize"]
    assert limit == own.UPLOAD_MB
    assert limit >= pictures.MAX_BYTES // 2**20
    assert limit * 2**20 <= models.MAX_WEIGHTS_BYTES
