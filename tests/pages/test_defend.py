"""The page on defenses, run by Streamlit's own test harness: no browser, the real models."""

import time
from html import escape

import pytest
from streamlit.testing.v1 import AppTest

from advlab import models
from advlab.defenses.feature_squeezing import FeatureSqueezing
from advlab.errors import ResourceError
from advlab.evaluation.unforeseen import THREATS
from advlab.serving.defend import survey, threats
from advlab.serving.defend.request import DefendRequest, EnvelopeRequest, ThreatsRequest
from advlab.serving.defend.row import Standing
from advlab.serving.exports import defended, shields
from tests.pages.harness import app, finish, html, state


def defend(*names: str) -> AppTest:
    """The page for a stop sign, with these defenses."""
    at = app().switch_page("pages/lab.py")
    for key, value in {"v": "1", "image": "sample:stop", "model": "signs_standard"}.items():
        at.query_params[key] = value
    at = finish(at.run())
    at.query_params.clear()
    at = at.switch_page("pages/defend.py").run()
    at.multiselect(key="d-defenses").set_value(list(names)).run()
    at.number_input(key="d-steps").set_value(5).run()
    return at


def settled(at: AppTest, seconds: float = 180) -> AppTest:
    deadline = time.monotonic() + seconds
    while state(at).defend.table.live or not state(at).defend.table.jobs:
        assert time.monotonic() < deadline, "the table did not come"
        for job in state(at).defend.table.jobs.values():
            job.wait(1)
        at.run()
    return at.run()


def test_a_link_holds_the_controls_and_attacks_nothing() -> None:
    request = DefendRequest.checked(
        picture="sample:stop", model="signs_standard", norm="l2", eps=0.7, steps=7, seed=3, networks=("signs_pgd",),
        override="square",
        defenses={"jpeg": {"quality": 40}, "feature_squeezing": FeatureSqueezing(non_local_means=True).model_dump()},
    )  # fmt: skip
    said = shields.query(request)
    link = shields.parse(said)
    assert not link.problems
    read = DefendRequest.checked(picture="sample:stop", model="signs_standard", **link.values)
    assert read.model_copy(update={"defenses": {}}) == request.model_copy(update={"defenses": {}})
    assert read.defenses == {"jpeg": {"quality": 40}, "feature_squeezing": request.defenses["feature_squeezing"]}
    at = app().switch_page("pages/defend.py")
    for key, value in said.items():
        at.query_params[key] = value
    at = finish(at.run())
    assert not at.exception
    assert not at.info
    assert set(at.multiselect(key="d-defenses").value) == {"jpeg", "feature_squeezing"}
    assert at.number_input(key="d-jpeg.quality").value == 40
    assert at.toggle(key="d-feature_squeezing.non_local_means").value is True
    assert at.multiselect(key="d-networks-signs_standard").value == ["signs_pgd"]
    assert at.number_input(key="d-steps").value == 7
    assert at.selectbox(key="d-override").value == "square"
    assert not state(at).defend.table.jobs


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("norm", "l7", "attacked in linf or l2"),
        ("eps", "0", "above 0"),
        ("jpeg", "quality:0", "must be at least 1"),
        ("jpeg", "magic:1", "no parameter “magic”"),
        ("shield", "on", "has no “d.shield”"),
    ],
)
def test_what_a_link_cannot_mean_is_said(name: str, value: str, said: str) -> None:
    (problem,) = shields.parse({f"d.{name}": value}).problems
    assert said in problem


def test_nothing_is_attacked_before_somebody_asks_for_it() -> None:
    at = defend("jpeg")
    assert not at.exception
    assert "A defense counts against who knows it" in html(at)
    assert not state(at).defend.table.jobs
    assert at.multiselect(key="d-networks-signs_standard").value == ["signs_trades"], "its robust twin"


def test_the_table_is_filled_and_can_be_taken_along() -> None:
    at = defend("bit_depth", "rounded_logits")
    at = settled(at.button(key="d-run").click().run())
    assert not at.exception
    assert not at.error
    (job,) = state(at).defend.table.jobs.values()
    rows = {row.key: row for row in job.value.rows}
    assert list(rows) == ["none", "network:signs_trades", "bit_depth", "rounded_logits"]
    assert rows["rounded_logits"].standing is Standing.UNAWARE
    assert job.value.sentence in html(at)
    lines = defended.csv(job.value).splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("defense,title,verdict,clean_answer")
    report = defended.html(job.value, "Stop")
    assert report.count("data:image/png;base64,") == 12
    assert "http" not in report.replace("http-equiv", ""), "it opens without the internet"
    # Another budget is another table, and nobody asked for that one.
    at.slider(key=next(one.key for one in at.slider if one.label == "ε")).set_value(4).run()
    assert not state(at).defend.table.jobs


def test_what_is_impossible_is_one_sentence() -> None:
    at = defend("jpeg")
    at.number_input(key="d-jpeg.quality").set_value(0).run()
    assert [error.value for error in at.error] == ["JPEG: Quality (quality) must be at least 1, not 0."]
    assert at.button(key="d-run").disabled
    at.multiselect(key="d-defenses").set_value([]).run()
    at.multiselect(key="d-networks-signs_standard").set_value([]).run()
    assert [error.value for error in at.error] == ["Choose at least one defense."]


def test_somebody_says_what_the_picture_really_shows() -> None:
    labels = models.card("signs_standard").labels()
    real = labels.index("Give way")
    request = DefendRequest.checked(picture="sample:stop", model="signs_standard", eps=0.03, truth=real)
    said = shields.query(request)
    assert shields.parse(said).attack.values["truth"] == real
    assert "truth" not in shields.query(request, "set"), "the pictures of a set have their classes"
    at = app().switch_page("pages/defend.py")
    at.query_params.update({**said, "d.networks": "none", "d.bit_depth": "on", "d.steps": "2"})
    at = finish(at.run())
    assert at.selectbox(key="truth").value == real
    at = settled(at.button(key="d-run").click().run())
    assert "lead away from Give way" in html(at)
    (job,) = state(at).defend.table.jobs.values()
    assert {row.standing for row in job.value.rows} == {Standing.WRONG}
    assert job.value.sentence.startswith("Without a defense it is wrong already.")
    at.segmented_control(key="d-view").set_value("set").run()
    assert not [box for box in at.selectbox if box.key == "truth"]


def over_a_set(view: str, **settings: object) -> AppTest:
    """One of the views over sets, for drawn digits."""
    at = app().switch_page("pages/defend.py")
    at.query_params.update({"v": "1", "image": "sample:digit-7", "model": "mnist_standard", "d.steps": "3"})
    at = finish(at.run())
    at.segmented_control(key="d-view").set_value(view).run()
    for key, value in settings.items():
        at.number_input(key=key).set_value(value).run()
    return at


def done(at: AppTest, view: str, own: str) -> AppTest:
    at.button(key=f"d-run-{view}").click().run()
    deadline = time.monotonic() + 180
    tasks = getattr(state(at).defend, own)
    while tasks.live or not tasks.jobs:
        assert time.monotonic() < deadline, "nothing came"
        for job in tasks.jobs.values():
            job.wait(1)
        at.run()
    at.run()
    assert not at.exception
    assert not at.error
    return at


def test_a_set_is_counted() -> None:
    at = over_a_set("set", **{"d-count": 3})
    assert "One picture shows what can happen" in html(at)
    at.multiselect(key="d-networks-mnist_standard").set_value([]).run()
    at.multiselect(key="d-defenses").set_value(["scaled_logits", "confidence"]).run()
    at = done(at, "set", "survey")
    said = html(at)
    assert "Of 2 defenses, " in said
    assert "3 drawings, no two alike" in said
    table = at.dataframe[0].value
    assert table["Defense"].tolist() == ["No defense", "Saturated logits", "Confidence threshold"]
    assert any("Not detected and wrong" in one.value for one in at.markdown)


@pytest.mark.parametrize("module", ["survey", "threats"])
def test_what_fails_says_why_and_leaves_no_progress_bar(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    view, work = {"survey": ("set", survey), "threats": ("threats", threats)}[module]

    def fail(*_: object) -> None:
        raise ResourceError("The memory is full.")

    monkeypatch.setattr(work, "survey" if module == "survey" else "compare", fail)
    at = over_a_set(view)
    at.button(key=f"d-run-{view}").click().run()
    at.run()
    assert [error.value for error in at.error] == ["The memory is full."]
    assert not at.get("progress")
    assert not [button for button in at.button if button.key.endswith("-stop")]


def test_own_pictures_are_asked_for() -> None:
    at = over_a_set("set")
    at.segmented_control(key="d-source").set_value("own").run()
    assert any("Upload a Parquet file" in error.value for error in at.error)
    assert at.button(key="d-run-set").disabled


def test_masking_is_laid_open() -> None:
    at = over_a_set("masking", **{"d-autopsy-count": 6})
    at.selectbox(key="d-who-mnist_standard").set_value("rounded_logits").run()
    at = done(at, "masking", "autopsy")
    assert "its gradient is masked" in html(at)
    assert any("exactly zero on" in caption.value for caption in at.caption)


def test_a_certificate_is_compared_with_attacks() -> None:
    at = over_a_set("certificate", **{"d-envelope-count": 2, "d-envelope-steps": 2})
    at.select_slider(key="d-draws").set_value(100).run()
    at = done(at, "certificate", "envelope")
    assert "are proved right" in html(at)
    assert any("certified radius" in caption.value for caption in at.caption)


def test_networks_are_tried_against_threats_they_were_not_trained_for() -> None:
    at = over_a_set("threats", **{"d-threats-count": 2, "d-threats-steps": 2})
    assert "Robust against what?" in html(at)
    at.multiselect(key="d-networks-mnist_standard").set_value([]).run()
    at = done(at, "threats", "threats")
    (job,) = state(at).defend.threats.jobs.values()
    assert [line.threat for line in job.value.lines["mnist_standard"]] == list(THREATS)
    assert job.value.complete
    assert escape(job.value.sentence) in html(at)
    assert any("ε = 0.3, PGD-2" in caption.value for caption in at.caption)
    assert at.get("download_button")


def test_links_to_a_certificate_and_to_other_threats_hold_their_controls() -> None:
    certificate = EnvelopeRequest.checked(
        picture="sample:digit-7", model="mnist_standard", sigma=0.4, draws=2000, count=7, steps=3
    )
    others = ThreatsRequest.checked(
        picture="sample:digit-7", model="mnist_standard", networks=("mnist_pgd",), linf=0.2, l2=1.5, l1=8.0, steps=4,
        seed=2, count=5,
    )  # fmt: skip
    for request, view in ((certificate, "certificate"), (others, "threats")):
        said = shields.query(request, view)
        link = shields.parse(said)
        assert not link.problems
        assert link.values.pop("view") == view
        assert type(request).checked(picture=request.picture, model=request.model, **link.values) == request
        at = app().switch_page("pages/defend.py")
        at.query_params.update({**said, "d.count": "9999"})
        at = finish(at.run())
        assert not at.exception
        assert at.segmented_control(key="d-view").value == view
        if view == "certificate":
            assert at.slider(key="d-sigma").value == 0.4
            assert at.select_slider(key="d-draws").value == 2000
            assert at.number_input(key="d-envelope-count").value == 1000, "no widget takes more"
        else:
            assert at.number_input(key="d-linf-mnist_standard").value == pytest.approx(51)
            assert at.number_input(key="d-l1-mnist_standard").value == 8
            assert at.multiselect(key="d-networks-mnist_standard").value == ["mnist_pgd"]
        assert any(said["d.view"] in code.value for code in at.get("code"))
