"""The strip offers what the model knows, and a model of other things gets a picture of those."""

import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from advlab.data.drawings.handwriting import DIGITS
from advlab.data.samples import sample
from advlab.ui import pad, suited
from tests.models.throwaway import shelf, weights, write  # noqa: F401 - a fixture
from tests.pages.harness import finish, html, lab, png, state

THINGS = ["frog", "horse", "deer"]
SIGNS = ["Stop", "Speed limit 20", "Give way", "No entry"]


@pytest.fixture(autouse=True)
def _networks(tmp_path, shelf) -> None:  # noqa: F811
    small = {"input_size": [1, 28, 28], "mean": [0.13], "std": [0.31]}
    for seed, (what, labels, more) in enumerate(
        (("signs", SIGNS, {"input_size": [3, 48, 48]}), ("digits", list(DIGITS), small), ("things", THINGS, {}))
    ):
        drawn = weights(seed, len(labels), tuple(more.get("input_size", (3, 32, 32))))
        write(tmp_path, f"trial_{what}", drawn, labels=labels, title=f"Trial {what}", twin=None, **more)
    shelf()


def shown(at: AppTest) -> str:
    """The picture that is worked on."""
    return state(at).picture.ref


def offered(at: AppTest) -> list[str]:
    """What the strip shows."""
    (strip,) = (c for c in at.get("bidi_component") if c.proto.component_name.endswith("advlab_gallery"))
    return [picture["ref"] for picture in json.loads(strip.proto.json)["pictures"]]


def choose(at: AppTest, model: str) -> AppTest:
    return at.selectbox(key="model").set_value(model).run()


def test_a_model_that_knows_other_things_gets_a_picture_of_those() -> None:
    at = lab()
    assert shown(at) == "sample:coffee"
    assert shown(choose(at, "trial_signs")) == "sample:stop"
    assert shown(choose(at, "trial_digits")) == "sample:digit-0"
    assert shown(choose(at, "efficientnet_lite0")) == "sample:coffee"
    assert not at.exception


def test_the_strip_offers_what_the_model_knows() -> None:
    at = lab(v="1", model="trial_signs")
    assert shown(at) == "sample:stop"
    assert offered(at) == ["sample:stop", "sample:give-way", "sample:no-entry", "sample:speed-limit-20"]
    assert offered(choose(at, "trial_digits")) == [f"sample:digit-{k}" for k in range(10)]
    assert offered(choose(at, "efficientnet_lite0")) == [
        f"sample:{n}" for n in ("coffee", "cat", "rocket", "motorcycle")
    ]


def test_a_link_gets_the_picture_that_it_names_and_the_page_says_where_it_does_not_fit() -> None:
    at = lab(v="1", model="trial_signs", image="sample:coffee").run()
    assert shown(at) == "sample:coffee"
    assert offered(at)[0] == "sample:coffee"
    assert "It shows none of the 4 classes that this model knows" in html(at)
    at = lab(v="1", model="trial_signs", image="sample:no-entry").run()
    assert shown(at) == "sample:no-entry"
    assert "The 48 × 48 pixels that the model sees, enlarged." in html(at)
    assert "It shows none" not in html(at)


def test_class_numbers_of_another_model_are_forgotten() -> None:
    """Class 817 of ImageNet is none of ten digits, and class 3 of signs is not the digit 3."""
    at = lab(v="1", model="efficientnet_lite0", goal="targeted", target="817", truth="967")
    assert (at.selectbox(key="target").value, at.selectbox(key="truth").value) == (817, 967)
    choose(at, "trial_digits")
    assert not at.exception
    assert (at.selectbox(key="target").value, at.selectbox(key="truth").value) == (0, None)
    at = lab(v="1", model="trial_signs", image="sample:stop", goal="targeted", target="3", truth="0")
    assert (at.selectbox(key="target").value, at.selectbox(key="truth").value) == (3, 0)


def test_an_upload_stays_whatever_the_model() -> None:
    at = lab()
    mine = Image.fromarray(np.asarray(sample("rocket").picture())[:, ::-1].copy())
    at.file_uploader(key="upload").set_value(("mine.png", png(mine), "image/png")).run()
    ref = shown(at)
    choose(at, "trial_signs").run()
    assert shown(at) == ref
    assert ref in offered(at)
    assert "Whatever it shows, the answer is one of this model" in html(at)


def test_models_of_unknown_things_are_offered_photos() -> None:
    at = lab(v="1", model="trial_things", image="sample:cat").run()
    assert offered(at) == [f"sample:{n}" for n in ("coffee", "cat", "rocket", "motorcycle")]


def test_a_sign_is_attacked_from_the_page() -> None:
    at = lab(v="1", model="trial_signs", image="sample:stop")
    at = finish(at.button(key="run").click().run())
    outcome = state(at).outcome
    assert outcome.request.picture == "sample:stop"
    assert outcome.clean.shape == (48, 48, 3)


def draw(at: AppTest, strokes: object) -> AppTest:
    """What the browser sends after a stroke: AppTest knows nothing of components, so the callback is called."""
    seen = state(at)
    for stroke in pad.points(strokes) or []:
        assert stroke.shape[1] == 2
    from advlab.data.drawings.ink import inked  # noqa: PLC0415
    from advlab.ui import picker  # noqa: PLC0415

    picker._drawn(seen, inked(pad.points(strokes)))
    return at.run()


def test_a_drawn_digit_is_a_picture_like_an_upload() -> None:
    at = lab(v="1", model="trial_digits")
    draw(at, [stroke.tolist() for stroke in DIGITS["7"]])
    assert state(at).picture.title == "Your digit"
    assert offered(at)[-1] == shown(at)
    at = finish(at.button(key="run").click().run())
    outcome = state(at).outcome
    assert outcome.request.picture == shown(at)
    assert np.array_equal(outcome.clean, np.asarray(sample("digit-7").picture())[..., :1])
    assert state(at).find(outcome.request.picture) is state(at).picture
    assert shown(choose(at, "trial_signs")) == "sample:stop"  # of a digit it knows nothing


@pytest.mark.parametrize(
    "sent",
    [None, "x", {}, [[]], [1], [[[0.1]]], [[[0.1, "a"]]], [[[float("nan"), 0.2]]], [[[0.1, 0.2], [0.3]]],
     [[[0, 0]]] * 61, [[[0, 0]] * 5001], [[[[0, 0]]]]],
)  # fmt: skip
def test_what_no_hand_drew_is_passed_over(sent: object) -> None:
    assert pad.points(sent) is None


def test_strokes_are_kept_on_the_paper() -> None:
    (stroke,) = pad.points([[[-5, 0.5], [2, 0.25]]]) or []
    assert stroke.tolist() == [[0, 0.5], [1, 0.25]]
    assert pad.points([]) == []


def test_remarks_are_for_pictures_that_need_one() -> None:
    at = lab()
    cards = state(at).cards()
    of = state(at).offered
    assert suited.remark(of["sample:stop"], cards["trial_signs"]) == ""
    assert suited.remark(of["sample:coffee"], cards["efficientnet_lite0"]) == ""
    assert "none of the 1,000 classes" in suited.remark(of["sample:digit-3"], cards["efficientnet_lite0"])
