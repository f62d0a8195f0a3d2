"""A link sets every control, and the address says what the controls say."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from advlab import attacks
from advlab.serving.exports import links
from advlab.ui import arrival
from tests.pages.harness import app, finish, html, lab, png, state

EXAMPLE = {
    "v": "1", "image": "sample:cat", "model": "efficientnet_lite1", "attack": "pgd", "norm": "l2", "eps": "0.75",
    "goal": "targeted", "target": "817", "steps": "3", "step_size": "auto", "seed": "7", "early": "1", "queries": "50",
    "truth": "281",
}  # fmt: skip


def test_a_link_sets_every_control() -> None:
    at = lab(**EXAMPLE)
    assert not at.exception
    assert not at.info
    assert at.selectbox(key="model").value == "efficientnet_lite1"
    assert at.get_by_key("goal").value == "A chosen class"
    assert at.selectbox(key="target").value == 817
    assert at.selectbox(key="truth").value == 281
    assert at.get_by_key("norm-pgd").value == "l2"
    assert at.slider(key="eps-l2-gradient").value == pytest.approx(0.75)
    assert at.number_input(key="pgd.steps").value == 3
    assert at.number_input(key="pgd.step_size").value is None
    assert at.number_input(key="seed").value == 7
    assert at.toggle(key="early-gradient").value is True
    assert at.number_input(key="most-pgd").value == 50
    assert state(at).picture.ref == "sample:cat"
    assert state(at).job is None
    assert state(at).outcome is None


@pytest.mark.parametrize("name", ["pgd", "fmn", "autoattack", "cw", "square", "hopskipjump"])
def test_the_address_of_an_attack_opens_the_same_controls(name: str) -> None:
    attack = attacks.general()[name]
    eps = "none" if attack.objective == "minimal" else "3"
    at = lab(v="1", attack=name, eps=eps, norm=attack.norms[0].value, seed="5")
    written = dict(state(at).address)
    assert (written["attack"], written["eps"], written["seed"], written["run"]) == (name, eps, "5", "0")
    again = lab(**written)
    assert not again.info
    assert state(again).address == written


def test_run_starts_the_attack_and_the_address_keeps_it() -> None:
    at = finish(lab(v="1", image="sample:coffee", attack="pgd", norm="linf", eps="2", steps="4", seed="0", run="1"))
    outcome = state(at).outcome
    assert outcome.request.parameters["steps"] == 4
    assert outcome.verdict.value in html(at)
    assert state(at).address["run"] == "1"
    at.number_input(key="seed").set_value(1).run()
    assert state(at).address["run"] == "0"
    assert state(at).job is None


def test_a_second_visitor_gets_the_same_result() -> None:
    link = {"v": "1", "image": "sample:rocket", "attack": "pgd", "eps": "4", "steps": "5", "seed": "3", "run": "1"}
    first, second = finish(lab(**link)), finish(lab(**link))
    assert state(first).outcome.png == state(second).outcome.png


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"attack": "pdg"}, "There is no attack “pdg”"),
        ({"attack": "pgd", "eps": "many"}, "eps is a number of 255ths"),
        ({"attack": "pgd", "wings": "2"}, "no parameter “wings”"),
        ({"image": "upload", "attack": "pgd", "run": "1"}, "never holds a picture"),
        ({"model": "own", "attack": "pgd", "run": "1"}, "never holds weights"),
        ({"attack": "cw", "norm": "linf", "run": "1"}, "no norm “linf”"),
        ({"attack": "pgd", "goal": "targeted", "run": "1"}, "names no target"),
        ({"model": "resnet_0"}, "There is no model"),
        ({"model": "resnet50_imagenet1k_v2"}, "not on this computer"),
        ({"attack": "x" * 5000}, "too long"),
    ],
)
def test_what_a_link_cannot_do_is_said(link: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at = lab(v="1", **link)
    assert not at.exception
    assert words in at.info[0].value
    assert state(at).job is None


def test_values_beyond_the_slider_are_kept() -> None:
    for eps in ("0.5", "2.5", "77"):
        at = lab(v="1", attack="pgd", norm="linf", eps=eps)
        assert not at.exception
        assert at.slider(key="eps-linf-gradient").value == pytest.approx(float(eps))
        assert state(at).address["eps"] == eps


def test_an_upload_is_in_no_link() -> None:
    at = lab()
    at.file_uploader(key="upload").set_value(("mine.png", png(state(at).picture.image), "image/png")).run()
    assert state(at).address["image"] == "upload"
    request = state(at).picture.ref
    assert request.startswith("upload:")
    assert not any(request.removeprefix("upload:") in value for value in state(at).address.values())
    assert any("never in a link" in info.value for info in at.info)


def test_the_link_that_is_offered_is_the_address() -> None:
    at = lab(v="1", attack="fgsm", eps="3")
    (offered,) = [code.value for code in at.code if "attack=fgsm" in code.value]
    assert dict(parse_qsl(urlsplit(offered).query)) == {**state(at).address, "run": "1"}


def test_links_of_home_are_links_of_the_lab() -> None:
    at = app()
    assert not at.exception
    offered = [link.proto.query_string for link in at.get("page_link")]
    assert any("view=present" in query and "run=1" in query for query in offered)


def test_every_view_may_be_in_a_link() -> None:
    for view in (*arrival.VIEWS, arrival.PRESENT):
        assert links.parse({"v": "1", "view": view}).view == view
    at = lab(v="1", view="steps")
    assert state(at).view == "steps"


def test_present_mode_shows_one_sentence_and_three_numbers() -> None:
    at = finish(lab(v="1", attack="fgsm", eps="2", view="present", run="1"))
    assert not at.exception
    assert html(at).count("<dt>") == 3
    assert len(at.sidebar.button) == 0
    at.button(key="leave").click().run()
    assert html(at).count("<dt>") > 3
