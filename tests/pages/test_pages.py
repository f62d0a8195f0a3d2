"""The pages, run by Streamlit's own test harness: no browser, the real models."""

import ast
import inspect
import io
import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from advlab import attacks
from advlab.core.attack import Attack
from advlab.data.samples import sample
from advlab.errors import ModelError
from advlab.ui import frame, work
from tests import cases
from tests.pages.harness import app, finish, html, lab, png

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "pages").glob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_opens(page: Path) -> None:
    at = app().switch_page(f"pages/{page.name}").run()
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_are_thin(page: Path) -> None:
    text = page.read_text("utf-8")
    assert len(text.splitlines()) < 100
    modules = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(str(node.module).split(".")[0])
    assert modules <= {"streamlit", "advlab"}


def test_every_page_file_is_in_the_navigation() -> None:
    listed = inspect.getsource(frame.pages)
    assert all(f'"{page.name}"' in listed for page in PAGES)


def test_no_bare_image_call_can_turn_a_picture_into_a_jpeg() -> None:
    for file in [*(ROOT / "advlab" / "ui").rglob("*.py"), *PAGES]:
        assert "st.image(" not in file.read_text("utf-8"), file.name


def test_a_sample_is_looked_at_before_any_attack() -> None:
    at = lab()
    for _ in range(50):
        if "BEFORE THE ATTACK" in html(at):
            break
        time.sleep(0.2)
        at.run()
    assert "espresso" in html(at)


def test_the_default_run_fools_the_model_and_survives_a_visit_to_another_page() -> None:
    at = lab()
    at = finish(at.button(key="run").click().run())
    assert "FOOLED" in html(at)
    assert not at.exception
    at.switch_page("pages/home.py").run()
    assert "hero" in html(at)
    at.switch_page("pages/lab.py").run()
    assert "FOOLED" in html(at)


def test_a_change_of_the_controls_says_that_the_result_is_the_one_before() -> None:
    at = lab()
    at = finish(at.button(key="run").click().run())
    before = [caption.value for caption in at.caption]
    at.slider(key="eps-linf-gradient").set_value(4.0).run()
    assert any("Previous run" in caption.value for caption in at.caption)
    assert not any("Previous run" in caption for caption in before)


def choose(at: AppTest, attack: type[Attack]) -> AppTest:
    """Select an attack in the page, with so little work that a test can wait for it."""
    at.get_by_key("sees").set_value(attack.access).run()
    at.selectbox(key=f"attack-{attack.access}").set_value(attack.name).run()
    for name, value in {"steps": 3, "search_steps": 2, "first_probes": 8, "squares": 10, "samples": 4}.items():
        if name in attack.model_fields:
            at.number_input(key=f"{attack.name}.{name}").set_value(value)
    return at.run()


# One of each kind: that every one of them runs is for the tests of conformance to say.
KINDS = {case.name: case.kind for case in cases.KINDS if not case.kind.for_detectors} | {
    "fmn": attacks.general()["fmn"]
}


@pytest.mark.parametrize(
    ("attack", "goal"),  # each with one of the two goals in turn
    list(zip(KINDS.values(), itertools.cycle(["Any other class", "A chosen class"]), strict=False)), ids=KINDS,
)  # fmt: skip
def test_every_kind_of_attack_runs_from_the_page(attack: type[Attack], goal: str) -> None:
    at = choose(lab(v="1", image="sample:stop", model="signs_standard"), attack)
    at.get_by_key("goal").set_value(goal).run()
    at = finish(at.button(key="run").click().run())
    assert not at.exception
    assert not at.error
    outcome = at.session_state["lab"].outcome
    assert outcome.request.attack == attack.name
    assert (outcome.request.target is None) == (goal == "Any other class")
    assert outcome.verdict.value in html(at)


def test_widgets_are_made_from_the_fields() -> None:
    at = lab()
    for attack in KINDS.values():
        at.get_by_key("sees").set_value(attack.access).run()
        at.selectbox(key=f"attack-{attack.access}").set_value(attack.name).run()
        keys = {widget.key for kind in (at.number_input, at.toggle, at.selectbox) for widget in kind}
        assert {f"{attack.name}.{name}" for name in attack.model_fields} <= keys


def test_an_impossible_parameter_is_one_sentence_and_the_server_goes_on() -> None:
    at = lab()
    at.number_input(key="pgd.steps").set_value(0).run()
    assert [error.value for error in at.error] == [
        "PGD · projected gradient descent: Steps (steps) must be at least 1, not 0."
    ]
    at.button(key="run").click().run()
    assert at.session_state["lab"].job is None
    at.number_input(key="seed").set_value(-3).run()
    assert len(at.error) == 1
    at.number_input(key="seed").set_value(3).run()
    at.number_input(key="pgd.steps").set_value(2).run()
    at = finish(at.button(key="run").click().run())
    assert not at.error
    assert at.session_state["lab"].outcome is not None


JPEG = io.BytesIO()
sample("coffee").picture().save(JPEG, "JPEG")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notes.png", b"this is a text file", "is not a picture that we can read"),
        ("photo.jpg", JPEG.getvalue()[: len(JPEG.getvalue()) // 2], "is damaged or cut off"),
        ("empty.png", b"", "is empty"),
    ],
)
def test_a_bad_file_is_one_sentence_and_the_picture_stays(name: str, data: bytes, words: str) -> None:
    at = lab()
    at.file_uploader(key="upload").set_value((name, data, "image/png")).run()
    assert len(at.error) == 1
    assert words in at.error[0].value
    assert at.session_state["lab"].picture.ref == "sample:coffee"
    at.file_uploader(key="upload").set_value(("cat.png", png(sample("cat").picture()), "image/png")).run()
    assert not at.error
    assert at.session_state["lab"].picture.title == "Your picture"


def test_an_upload_is_attacked_like_a_sample() -> None:
    at = lab()
    noise = Image.fromarray(np.asarray(sample("rocket").picture())[:, ::-1].copy())
    at.file_uploader(key="upload").set_value(("mine.png", png(noise), "image/png")).run()
    at = finish(at.button(key="run").click().run())
    assert at.session_state["lab"].outcome.request.picture.startswith("upload:")
    assert at.session_state["lab"].outcome.verdict.value in html(at)


def test_run_takes_the_values_that_are_shown() -> None:
    """A value typed and the click on Run arrive together."""
    at = lab()
    at.number_input(key="pgd.steps").set_value(3)
    at.button(key="run").click()
    at = finish(at.run())
    assert at.session_state["lab"].outcome.gradients == 3


def test_an_error_goes_with_its_cause() -> None:
    at = lab()
    at.file_uploader(key="upload").set_value(("notes.png", b"text", "image/png")).run()
    assert at.error
    at = finish(at.button(key="run").click().run())
    assert not at.error


def test_stop_ends_a_long_run_and_says_so() -> None:
    at = choose(lab(), attacks.available()["cw"])
    at.number_input(key="cw.steps").set_value(5000).run()
    at.button(key="run").click().run()
    at.button(key="stop").click().run()
    at = finish(at, 30)
    assert at.session_state["lab"].outcome.gradients < 5000
    assert not at.exception


def test_a_model_that_cannot_be_loaded_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ModelError("The weights of Lite2 are damaged: install them again.")

    monkeypatch.setattr("advlab.serving.lab.models.load", broken)
    at = lab(v="1", model="efficientnet_lite2", image="sample:motorcycle", seed="99")
    work._looks.clear()  # another test may have had this look
    for _ in range(3):
        at.run()
    assert not at.exception
    assert [error.value for error in at.error] == ["The weights of Lite2 are damaged: install them again."]
