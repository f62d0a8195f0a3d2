"""The page on black-box attacks, run by Streamlit's own test harness: no browser, a small network."""

import time

from streamlit.testing.v1 import AppTest

from advlab.core.service import Service
from tests.pages.harness import app, finish, html, state

LINK = {
    "v": "1", "image": "sample:digit-7", "model": "mnist_standard", "norm": "l2", "eps": "2", "queries": "100",
    "service": "top:2,noise:0.01", "b.square": "on", "b.hopskipjump": "on", "b.price": "3",
}  # fmt: skip


def blackbox(**changes: str) -> AppTest:
    at = app().switch_page("pages/blackbox.py")
    for key, value in {**LINK, **changes}.items():
        at.query_params[key] = value
    return finish(at.run())


def test_a_race_from_a_link() -> None:
    at = blackbox()
    assert not at.exception
    assert not at.info
    assert "sees only the answers" in html(at)
    assert at.number_input(key="b-price").value == 3
    assert at.toggle(key="b-service.top").value
    assert at.number_input(key="b-service.noise-number").value == 0.01
    assert not at.toggle(key="b-service.decimals").value
    own = state(at).blackbox
    assert own.request is None
    at.button(key="b-run").click().run()
    deadline = time.monotonic() + 120
    while own.runs.live:
        assert time.monotonic() < deadline, "the race did not end"
        time.sleep(0.2)
        own.runs.go_on()
    at.run()
    assert not at.exception
    assert own.request.service == Service(top=2, noise=0.01)
    assert own.request.max_queries == 100
    said = html(at)
    assert "the top 2 classes only, answers with noise of 0.01" in said
    assert "$0.30" in said
    trail = own.runs.jobs["hopskipjump"].value
    assert trail.asked == 100
    assert {button.proto.label for button in at.get("download_button")} >= {"Runs", "Curves"}


def test_nobody_chosen_is_a_sentence() -> None:
    at = blackbox()
    for group in at.get("button_group"):
        if "see" in group.label.lower() or "See" in group.label:
            group.set_value([])
    at.run()
    assert [error.value for error in at.error] == ["Choose at least one attack."]
    assert at.button(key="b-run").disabled
