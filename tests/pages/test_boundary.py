"""The page on boundaries, run by Streamlit's own test harness: no browser, the real models."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from advlab.serving.exports import planes
from advlab.serving.geometry.request import Axis, PlaneRequest
from tests.pages.harness import app, finish, html, lab, state

STOP = {"v": "1", "image": "sample:stop", "model": "signs_standard"}
DIGIT = {"v": "1", "image": "sample:digit-7", "model": "mnist_standard"}
ATTACK = STOP | {"attack": "pgd", "norm": "linf", "eps": "8", "steps": "5", "run": "1"}


def boundary(**link: str) -> AppTest:
    """The page at a link; an underscore stands for the point in a name."""
    at = app().switch_page("pages/boundary.py")
    for name, value in link.items():
        at.query_params[name.replace("p_", "p.", 1) if name.startswith("p_") else name] = value
    return at.run()


def settled(at: AppTest, seconds: float = 120) -> AppTest:
    finish(at)
    deadline = time.monotonic() + seconds
    while state(at).boundary.tasks.live:
        assert time.monotonic() < deadline, "the slice did not end"
        for job in state(at).boundary.tasks.jobs.values():
            job.wait(1)
    return at.run()


def figures(at: AppTest) -> list[str]:
    return [element.proto.spec for element in at.get("plotly_chart")]


def test_a_link_opens_the_plane_and_runs_its_attack() -> None:
    at = settled(boundary(**ATTACK, p_across="attack", p_up="random", p_reach="16", p_eps="8", p_lines="41",
                          p_with="signs_trades"))  # fmt: skip
    assert not at.exception
    assert not at.error
    lands = [job.value for job in state(at).boundary.tasks.jobs.values()]
    assert [land.model for land in lands] == ["signs_standard", "signs_trades"]
    assert all(land.slice.complete for land in lands)
    assert len(figures(at)) == 2
    assert "Stop ends" in html(at)
    assert any(name in figures(at)[0] for name in lands[0].names.values() if name != "Stop")
    assert at.selectbox(key="p-with").value == "signs_trades"
    assert lands[0].request.resolution == 41
    assert lands[0].request.reach == pytest.approx(16 / 255)
    assert not at.info, "everything of the link was understood"


def test_the_address_says_what_the_controls_say() -> None:
    request = PlaneRequest(
        picture="sample:stop", model="signs_standard", norm="l2", across=Axis(direction="class", of="3"),
        up=Axis(direction="picture", of="sample:give-way"), reach=4, eps=0.5, resolution=101, clip=False, seed=7,
    )  # fmt: skip
    said = planes.query(request, None, "margin", None)
    link = planes.parse(said)
    assert not link.problems
    assert PlaneRequest.checked(picture=request.picture, model=request.model, **link.values) == request
    at = app().switch_page("pages/boundary.py")
    for name, value in said.items():
        at.query_params[name] = value
    at = settled(at.run())
    assert not at.exception
    (job,) = state(at).boundary.tasks.jobs.values()
    assert job.value.request == request
    assert state(at).boundary.address == said


@pytest.mark.parametrize(
    ("name", "value"),
    [("across", "sideways"), ("norm", "l0"), ("reach", "-3"), ("reach", "x"), ("lines", "1"), ("lines", "9999"),
     ("clip", "2"), ("seed", "-1"), ("colour", "red"), ("across", "x" * 500)],
)  # fmt: skip
def test_what_a_link_cannot_mean_is_said(name: str, value: str) -> None:
    link = planes.parse({"v": "1", "image": "sample:stop", f"p.{name}": value})
    assert len(link.problems) == 1
    assert link.problems[0].endswith((".", "out."))


def test_an_own_picture_is_in_no_link() -> None:
    request = PlaneRequest(
        picture="upload:secret", model="own:secret", across=Axis(direction="picture", of="upload:secret"),
        up=Axis(direction="attack", of="secret"), reach=0.1,
    )  # fmt: skip
    assert "secret" not in str(planes.query(request, None, "class", "own:secret"))


def test_an_axis_of_an_attack_offers_to_run_one() -> None:
    at = boundary(**STOP, p_across="attack")
    assert not at.exception
    at.button(key="offer-run").click().run()
    at = settled(at)
    assert not at.exception
    (job,) = state(at).boundary.tasks.jobs.values()
    assert len(job.value.paths) == 1


def test_an_attack_on_the_axis_up_alone_is_in_the_link() -> None:
    at = settled(boundary(**ATTACK, p_across="random", p_up="attack", p_lines="41"))
    assert not at.exception
    assert state(at).boundary.address["attack"] == "pgd"
    assert state(at).boundary.address["p.up"] == "attack"


@pytest.mark.parametrize("view", ["class", "margin", "loss", "random", "climb"])
def test_every_view_is_drawn(view: str) -> None:
    shown = STOP if view in {"class", "margin", "loss"} else DIGIT  # a faster network where many points are asked about
    at = settled(boundary(**shown, p_across="sign", p_up="random", p_lines="41", p_view=view))
    assert not at.exception
    assert not at.error
    assert figures(at)


def test_a_point_becomes_the_picture_of_all_pages() -> None:
    at = settled(boundary(**ATTACK, p_across="attack", p_lines="41"))
    at.button(key="p-use").click().run()
    at = settled(at)
    picture = state(at).picture
    assert picture.exact
    assert picture.image.size == (48, 48)
    (job,) = state(at).boundary.tasks.jobs.values()
    assert job.value.names[job.value.clean] != "Stop", "the point is beyond the boundary"
    assert job.value.request.picture.startswith("exact:")


def test_photos_have_a_coarser_slice_and_no_second_model_of_another_size() -> None:
    at = boundary(v="1", image="sample:coffee", model="efficientnet_lite0")
    assert not at.exception
    assert at.get_by_key("p-lines-True").value == 41
    assert "p-with" not in [box.key for box in at.selectbox]
    (job,) = state(at).boundary.tasks.jobs.values()
    job.stop()
    assert job.wait(60)
    assert not job.problem


def test_the_table_is_there_on_demand() -> None:
    at = settled(boundary(**STOP, p_across="sign", p_lines="41"))
    assert not at.dataframe
    at.toggle(key="p-table").set_value(True).run()
    at = settled(at)
    assert "Stop (clean class)" in at.dataframe[0].value["What"].tolist()


def test_attacks_on_a_network_and_its_twin_are_told_apart() -> None:
    """The browser finds an option by its words: of two that read the same it takes the last."""
    at = finish(lab(**ATTACK, with_="signs_trades"))
    runs = state(at).runs
    assert [run.request.model for run in runs.values()] == ["signs_standard", "signs_trades"]
    at = settled(at.switch_page("pages/boundary.py").run())
    options = at.selectbox(key="p-across").options
    assert len(set(options)) == len(options)
    assert sum("on Traffic signs · TRADES" in option for option in options) == 1
    at = at.switch_page("pages/explain.py").run()
    chosen = at.selectbox(key="e-run")
    assert chosen.value == next(iter(runs))
    assert len(set(chosen.options)) == 2
