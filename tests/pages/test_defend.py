"""The page on defenses, run by Streamlit's own test harness: no browser, the real models."""

import time

from streamlit.testing.v1 import AppTest

from advlab.serving.defend.row import Standing
from advlab.serving.exports import defended
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
