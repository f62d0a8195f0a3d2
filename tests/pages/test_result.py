"""What is around a result: a second model, the truth, the reality check, files, a recognised file."""

import io

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from streamlit.testing.v1 import AppTest

from advlab import attacks
from advlab.serving.outcome import Verdict
from tests.pages.harness import finish, html, lab, png, state

LINK = {"v": "1", "image": "sample:coffee", "attack": "pgd", "norm": "linf", "eps": "2", "steps": "6", "run": "1"}


def ran(**more: str) -> AppTest:
    return finish(lab(**{**LINK, **more}))


def settled(at: AppTest) -> AppTest:
    """With what the page asks for after a result."""
    for _ in range(3):
        at.run()
    return at


def test_a_second_model_stands_beside_the_first() -> None:
    at = settled(ran(with_="efficientnet_lite1"))
    assert not at.exception
    assert state(at).beside.request.model == "efficientnet_lite1"
    assert state(at).beside.request.parameters == state(at).outcome.request.parameters
    text = html(at)
    assert "EfficientNet-Lite1" in text
    assert "Shown the picture made for the first model" in text


def test_what_the_model_got_wrong_before_is_said() -> None:
    at = ran(truth="817")
    assert state(at).outcome.verdict is Verdict.ALREADY_WRONG
    assert "ALREADY WRONG" in html(at)


def test_the_reality_check_comes_with_a_success() -> None:
    at = settled(ran())
    for _ in range(60):
        if any("survives" in caption.value for caption in at.caption):
            break
        at.run()
    assert any("survives" in caption.value for caption in at.caption)


def test_every_export_is_offered() -> None:
    at = ran()
    keys = {button.proto.id.rsplit("-", 1)[-1] for button in at.get("download_button")}
    assert {"png", "html", "npz", "py", "yaml", "json"} <= keys
    assert any("python -m advlab attack sample:coffee" in code.value for code in at.code)


def test_our_own_file_is_recognised_and_judged_anew() -> None:
    at = ran()
    outcome = state(at).outcome
    at.file_uploader(key="upload").set_value(("again.png", outcome.png, "image/png")).run()
    for _ in range(5):
        at.run()
    picture = state(at).picture
    assert state(at).address["image"] == "upload"
    assert np.array_equal(np.asarray(picture.image), outcome.adversarial)
    said = at.success[0].value
    assert "Recognised" in said
    assert outcome.after.label in said
    assert "largest change 2/255, within its budget" in said
    at = finish(at.button(key="run").click().run())
    assert state(at).outcome.request.exact
    assert state(at).outcome.before.label == outcome.after.label
    at.selectbox(key="model").set_value("efficientnet_lite1").run()
    at = finish(at.button(key="run").click().run())
    assert not at.exception
    assert not at.error
    assert not state(at).outcome.request.exact


def test_a_forged_note_proves_nothing() -> None:
    at = ran()
    outcome = state(at).outcome
    louder = Image.fromarray(255 - outcome.adversarial)
    notes = PngInfo()
    notes.add_itxt("advlab", outcome.request.model_dump_json())
    forged = io.BytesIO()
    louder.save(forged, "PNG", pnginfo=notes)
    at.file_uploader(key="upload").set_value(("forged.png", forged.getvalue(), "image/png")).run()
    for _ in range(5):
        at.run()
    assert "more than its budget" in at.success[0].value


@pytest.mark.parametrize("view", ["steps", "strength", "change"])
def test_views_ask_for_what_they_need(view: str) -> None:
    at = settled(ran(view=view))
    assert not at.exception
    assert state(at).view == view


def test_the_files_of_an_upload_name_the_file() -> None:
    at = lab()
    mirrored = Image.fromarray(np.asarray(state(at).picture.image)[:, ::-1].copy())
    at.file_uploader(key="upload").set_value(("my photo.png", png(mirrored), "image/png")).run()
    at = finish(at.button(key="run").click().run())
    assert any("'my photo.png'" in code.value for code in at.code)


def test_the_truth_is_about_one_picture() -> None:
    at = lab(truth="817", v="1")
    assert at.selectbox(key="truth").value == 817
    other = Image.fromarray(np.asarray(state(at).picture.image)[::-1].copy())
    at.file_uploader(key="upload").set_value(("other.png", png(other), "image/png")).run()
    assert not at.exception
    assert at.selectbox(key="truth").value is None


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (Image.new("L", (28, 28), 90), "enlarged from 28 × 28"),
        (Image.new("RGB", (3000, 20), "red"), "from the middle of 3000 × 20"),
        (Image.new("RGBA", (300, 300), (9, 9, 9, 9)), "What was transparent is white"),
        (Image.new("I;16", (300, 300), 40_000), "reduced to 8 bits"),
        (Image.new("RGB", (300, 300), "red"), None),
    ],
    ids=["small", "strip", "transparent", "deep", "usual"],
)
def test_what_was_done_to_an_unusual_picture_is_said(picture: Image.Image, words: str | None) -> None:
    at = lab()
    at.file_uploader(key="upload").set_value(("odd.png", png(picture), "image/png")).run()
    for _ in range(10):
        if "crop that the model sees" in html(at):
            break
        at.run()
    said = html(at)
    assert words in said if words else "crop that the model sees.<" in said


def test_a_stopped_run_says_where() -> None:
    at = lab(v="1", attack="cw", norm="l2", eps="none", steps="5000", run="1", image="sample:coffee", seed="123")
    assert state(at).job is not None
    at.button(key="stop").click().run()
    at = finish(at, 60)
    outcome = state(at).outcome
    assert outcome.stopped
    assert f"AT STEP {outcome.steps:,}" in html(at)


def test_why_a_verdict_may_be_wrong_is_said_below_it(monkeypatch) -> None:
    program = attacks.registry.get("autoattack")
    monkeypatch.setattr(program, "doubts", lambda *_: (("The gradients may be masked.",), 0))
    link = {"image": "sample:digit-7", "model": "mnist_standard", "attack": "autoattack", "eps": "1"}
    at = ran(**link, squares="3", steps="1")
    assert state(at).outcome.notes == ("The gradients may be masked.",)
    assert [warning.value for warning in at.warning] == ["The gradients may be masked."]
