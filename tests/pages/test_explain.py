"""The page on explanations, run by Streamlit's own test harness: no browser, the real models."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from advlab.serving.explain.methods import METHODS
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.exports import reasons
from tests.pages.harness import app, finish, html, state

STOP = {"v": "1", "image": "sample:stop", "model": "signs_standard"}
ATTACK = STOP | {"attack": "pgd", "norm": "linf", "eps": "8", "steps": "5", "run": "1"}


def explain(**link: str) -> AppTest:
    """The page at a link; an underscore stands for the point in a name."""
    at = app().switch_page("pages/explain.py")
    for name, value in link.items():
        at.query_params[name.replace("e_", "e.", 1) if name.startswith("e_") else name] = value
    return at.run()


def settled(at: AppTest, seconds: float = 120) -> AppTest:
    finish(at)
    deadline = time.monotonic() + seconds
    while state(at).explain.maps.live or not state(at).explain.maps.jobs:
        assert time.monotonic() < deadline, "the explanations did not come"
        for job in state(at).explain.maps.jobs.values():
            job.wait(1)
        at.run()
    return at.run()


def found(at: AppTest):
    return {place: job.value for place, job in state(at).explain.maps.jobs.items()}


def test_a_link_opens_clean_against_adversarial_against_defended() -> None:
    at = settled(explain(**ATTACK, e_method="grad_cam", e_with="signs_trades", e_class="adversarial"))
    assert not at.exception
    assert not at.error
    maps = found(at)
    assert list(maps) == [f"{model} {which}" for model in ("signs_standard", "signs_trades")
                          for which in ("clean", "run")]  # fmt: skip
    assert {one.request.method for one in maps.values()} == {"grad_cam"}
    adversarial = maps["signs_standard run"]
    assert adversarial.opinion.label == adversarial.label != "Stop", "its own answer is explained"
    assert len({one.request.index for one in maps.values()}) == 1
    assert html(at).count("of the most important places are the same") == 2


def test_without_an_attack_the_clean_picture_is_explained_and_one_is_offered() -> None:
    at = settled(explain(**STOP))
    assert list(found(at)) == ["signs_standard clean"]
    assert "What speaks for Stop" in html(at)
    at.button(key="offer-run").click().run()
    at = settled(at)
    assert list(found(at)) == ["signs_standard clean", "signs_standard run"]


@pytest.mark.parametrize("method", [name for name in METHODS if name != "guided_grad_cam"])
def test_every_method_is_drawn(method: str) -> None:
    at = settled(explain(**STOP, e_method=method, e_samples="3"))
    assert not at.exception
    assert not at.error
    (one,) = found(at).values()
    assert one.request.method == method
    assert one.values.shape[1:] == (48, 48)
    assert (one.window is not None) == (method == "occlusion")
    assert (one.delta is not None) == (method == "integrated_gradients")


def test_what_was_there_is_not_computed_again() -> None:
    at = settled(explain(**STOP, e_method="saliency"))
    first = found(at)["signs_standard clean"]
    at.get_by_key("e-method").set_value("grad_cam").run()
    at = settled(at)
    at.get_by_key("e-method").set_value("saliency").run()
    at = settled(at)
    assert found(at)["signs_standard clean"] is first


def test_a_method_that_means_nothing_for_the_model_is_not_offered() -> None:
    at = settled(explain(v="1", image="sample:coffee", model="efficientnet_lite0", e_method="guided_grad_cam"))
    assert "guided_grad_cam" not in at.get_by_key("e-method").options
    assert at.get_by_key("e-method").value == "saliency"


def test_the_link_says_what_the_controls_say() -> None:
    request = ExplainRequest(
        picture="sample:stop", model="signs_standard", method="smooth_grad", index=5, samples=7, baseline=0.5,
        layer="a.b", seed=3,
    )  # fmt: skip
    said = reasons.query(request, None, "other", "signs_pgd")
    link = reasons.parse(said)
    assert not link.problems
    assert ExplainRequest(picture=request.picture, model=request.model, **link.values) == request
    assert (link.word, link.beside) == ("other", "signs_pgd")


@pytest.mark.parametrize(("name", "value"), [("method", "magic"), ("index", "-1"), ("colour", "red")])
def test_what_a_link_cannot_mean_is_said(name: str, value: str) -> None:
    assert len(reasons.parse({"v": "1", f"e.{name}": value}).problems) == 1


def test_a_layer_that_the_network_has_not_is_left_out() -> None:
    at = settled(explain(**STOP, e_method="grad_cam", e_layer="nowhere.0"))
    assert not at.exception
    assert not at.error
    assert found(at)["signs_standard clean"].request.layer is None
