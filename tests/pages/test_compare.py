"""The page that compares attacks, run by Streamlit's own test harness: no browser, a small network."""

import time

from streamlit.testing.v1 import AppTest

from advlab import attacks
from advlab.core.attack import Objective
from advlab.serving import lab as lab_work
from advlab.serving.compare import lineup
from advlab.serving.jobs import Jobs
from advlab.ui import work
from advlab.ui.compare import chooser
from advlab.ui.series import Series
from advlab.ui.tasks import Task
from tests.pages.harness import app, finish, html, state

LINK = {
    "v": "1", "image": "sample:digit-7", "model": "mnist_standard", "norm": "l2", "eps": "2", "queries": "40",
    "seed": "3", "c.fgsm": "on", "c.pgd": "steps:4", "c.hopskipjump": "on",
}  # fmt: skip


def compare(**changes: str) -> AppTest:
    at = app().switch_page("pages/compare.py")
    for key, value in {**LINK, **changes}.items():
        at.query_params[key] = value
    return finish(at.run())


def settled(at: AppTest, name: str = "runs", seconds: float = 120) -> AppTest:
    deadline = time.monotonic() + seconds
    while (series := getattr(state(at).comparison, name)).live:
        assert time.monotonic() < deadline, "the results did not come"
        for job in series.running.values():
            job.wait(1)
        at.run()
    assert not at.exception
    return at.run()


def test_a_link_restores_the_choice_and_attacks_nothing() -> None:
    at = compare()
    assert not at.exception
    assert not at.info
    assert at.slider(key="c-eps-l2-gradient").value == 2
    assert at.number_input(key="c-most").value == 40
    assert at.number_input(key="seed").value == 3
    assert at.number_input(key="c-pgd.steps").value == 4
    chosen = [name for group in lineup.groups("l2") for name in at.session_state[chooser.key("l2", group)]]
    assert chosen == ["fgsm", "pgd", "hopskipjump"]
    assert state(at).comparison.request is None
    assert "Which attack gets there" in html(at)
    assert {**LINK, "goal": "untargeted"}.items() <= state(at).comparison.address.items()


def test_attacks_are_compared_and_their_smallest_radii_found() -> None:
    at = compare()
    at = settled(at.button(key="c-run").click().run())
    assert not at.error
    said = html(at)
    assert "three attacks" in said
    assert said.count("<article") == 4, "the clean picture and three"
    table = at.dataframe[0].value
    assert table["Attack"].tolist() == ["FGSM", "PGD", "HopSkipJump"]
    assert table["Queries"].max() <= 40
    at = settled(at.button(key="c-measure").click().run(), "reaches")
    found = {name: job.value for name, job in state(at).comparison.reaches.jobs.items()}
    assert 0 < found["pgd"].held < found["pgd"].radius
    assert found["hopskipjump"].tries == 1
    # Other terms are another comparison, and what is shown says so until it is started.
    at.slider(key="c-eps-l2-gradient").set_value(1.5).run()
    assert any("controls have changed" in caption.value for caption in at.caption)


def test_attacks_made_on_other_models_stand_beside_those_that_ask_this_one() -> None:
    at = compare(through="mnist_distilled")
    assert not at.info
    assert at.multiselect(key="c-sources-mnist_standard").value == ["mnist_distilled"]
    assert state(at).comparison.address["through"] == "mnist_distilled"
    at = settled(at.button(key="c-run").click().run())
    assert not at.error
    assert "PGD by transfer" in html(at)
    assert "and tried here once" in html(at)
    at = settled(at.button(key="c-measure").click().run(), "reaches")
    assert list(state(at).comparison.reaches.jobs) == ["hopskipjump"]
    assert "cannot be made on" in compare(through="signs_standard").info[0].value


def test_a_failure_is_a_sentence_in_its_row(monkeypatch) -> None:
    whole = lab_work.run_all

    def run(request, *rest, **more):
        if request.attack == "fgsm":
            raise RuntimeError("broken on purpose")
        return whole(request, *rest, **more)

    monkeypatch.setattr("advlab.serving.lab.run_all", run)
    at = compare(seed="5")
    at = settled(at.button(key="c-run").click().run())
    rows = at.dataframe[0].value.set_index("Attack")
    assert rows.loc["FGSM", "Verdict"] == "! NO RESULT"
    assert "Something went wrong on our side" in rows.loc["FGSM", "What happened"]
    assert rows.loc["PGD", "Queries"] > 0
    assert html(at).count("! NO RESULT") == 1
    assert "One of two attacks" in html(at) or "None of two attacks" in html(at)


def test_the_chooser_knows_all_and_impossible_choices_are_sentences() -> None:
    at = compare()
    at.button(key="c-all").click().run()
    chosen = [name for group in lineup.groups("l2") for name in at.session_state[chooser.key("l2", group)]]
    assert set(chosen) == {name for name, kind in attacks.general().items() if "l2" in kind.norms}
    at.number_input(key="c-pgd.steps").set_value(0).run()
    assert ["must be at least 1" in error.value for error in at.error] == [True]
    assert at.button(key="c-run").disabled
    at.button(key="c-none").click().run()
    assert [error.value for error in at.error] == ["Choose at least one attack."]


def test_an_attack_of_another_norm_is_left_out_of_a_link() -> None:
    minimal = next(name for name, kind in attacks.general().items() if "linf" not in kind.norms)
    at = compare(norm="linf", eps="20", **{f"c.{minimal}": "on"})
    assert any("cannot work in L∞: left out" in info.value for info in at.info)
    assert attacks.registry.get(minimal).objective is Objective.MINIMAL


def test_a_series_leaves_room_and_each_can_be_stopped(monkeypatch) -> None:
    queue = Jobs(1, limit=3)
    monkeypatch.setattr(work, "jobs", lambda: queue)
    series = Series()
    tasks = {name: Task(name, lambda job: any(iter(job.stopping, True))) for name in "abcde"}
    try:
        series.want(tasks)
        assert list(series.running) == ["a", "b"], "one of three places stays free"
        assert series.waiting == ["c", "d", "e"]
        assert queue.room(work.person()) == 1
        job = series.jobs["a"]
        job.leave(work.person())
        assert job.wait(10)
        series.go_on()
        assert list(series.running) == ["b", "c"]
        series.give_up("d")
        series.give_up("b")
        assert (series.waiting, list(series.running)) == (["e"], ["b", "c"]), "what runs has a Stop of its own"
        assert series.problem("d") == "Stopped before it began."
        series.stop()
        assert all(job.wait(10) for job in series.jobs.values())
        assert not series.live
        assert series.problem("e") == "Stopped before it began."
        series.again()
        assert series.waiting == ["a", "b", "c", "d", "e"]
        series.want({})
        assert not series.live
    finally:
        queue.close()


def test_several_pictures_are_one_batch_of_each_attack() -> None:
    at = compare(**{"c.pictures": "all", "c.pgd": "steps:2"})
    assert at.session_state["c-pictures"] == "all"
    assert state(at).comparison.address["c.pictures"] == "all"
    at = settled(at.button(key="c-run").click().run())
    assert not at.error
    said = html(at)
    assert "of 10 pictures within" in said
    assert said.count("<tr>") == 4, "the clean pictures and three attacks"
    assert said.count("<td") == 40
    table = at.dataframe[0].value
    assert table["Fooled"].between(0, 10).all()
    assert table["Queries"].max() <= 40
    assert not [button for button in at.button if button.key == "c-measure"]
    # Another picture of the strip changes nothing of it; one picture is another comparison.
    at.segmented_control(key="c-pictures").set_value("one").run()
    assert any("controls have changed" in caption.value for caption in at.caption)
