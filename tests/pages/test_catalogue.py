"""Our own networks on the Models page: what they withstand, how they were made, and the two that belong together."""

import pytest
from streamlit.testing.v1 import AppTest

from advlab.serving.outcome import Verdict
from tests.models import throwaway
from tests.pages.harness import app, finish, html, state

CERTIFIED = {"correct": 260, "of": 500, "radius": 0.25, "sigma": 0.25, "draws": 10000, "alpha": 0.001}


def page() -> AppTest:
    return app().switch_page("pages/models.py").run()


def said(at: AppTest) -> str:
    return "\n".join([html(at), *(text.value for text in (*at.markdown, *at.caption, *at.error, *at.code))])


def test_each_card_says_what_was_counted_and_the_command(tmp_path, shelf) -> None:
    throwaway.write_pair(tmp_path)
    throwaway.write(tmp_path, "try_noise", title="Trial · noise", results={"certified": CERTIFIED}, eps=0.3)
    shelf()
    at = page()
    assert not at.exception
    assert not at.error
    text = said(at)
    for words in (
        "<dt>Clean pictures</dt><dd><b>96.8%</b> <span>96.2–97.3%</span></dd>",
        "<dt>PGD-100 at ε = 8/255</dt><dd><b>73.0%</b> <span>70.2–75.7%</span></dd>",
        "<dt>PGD-100 at ε = 8/255</dt><dd><b>0.3%</b> <span>0.1–0.9%</span></dd>",
        "<dt>AutoAttack at ε = 8/255</dt><dd><b>68%</b> <span>63.8–71.9%</span></dd>",
        "<dt>Certified within L2 0.25</dt><dd><b>52%</b> <span>47.6–56.3%</span></dd>",
        "730 right of 1,000, worst of 5 restarts",
        "Drawn data. It was never trained on anything.",
        "try-pgd, 14 epochs, seed 0",
        "2 CPU cores, bf16, 11 minutes",
        "python -m advlab train --recipe try-pgd --data gtsrb",
        "MIT",
    ):
        assert words in text, words


def test_bars_are_as_long_as_the_rates_and_whiskers_span_the_interval(tmp_path, shelf) -> None:
    throwaway.write_pair(tmp_path)
    shelf()
    text = said(page())
    assert '<i style="width: 73.00%"></i><s style="left: 70.16%; width: 5.50%"></s>' in text


def test_what_was_not_measured_has_no_bar(tmp_path, shelf) -> None:
    throwaway.write(tmp_path, "try_pgd", results={"pgd": None}, twin=None)
    shelf()
    (card,) = [text.value for text in page().markdown if "Trial · PGD-trained" in text.value]
    assert "Nothing was measured yet." in card
    assert "PGD-100" not in card
    assert "bar" not in card


def test_the_undefended_network_stands_beside_its_twin_and_both_are_attacked_with_one_click(tmp_path, shelf) -> None:
    throwaway.write_pair(tmp_path)
    throwaway.write(tmp_path, "try_fast", title="Trial · fast")
    shelf()
    at = page()
    text = said(at)
    assert text.index("Trial · standard") < text.index("Trial · PGD-trained") < text.index("Trial · fast")
    at.button(key="both-try_standard").click().run()
    at = finish(at.switch_page("pages/lab.py").run())
    assert not at.exception
    assert at.selectbox(key="model").value == "try_standard"
    assert state(at).outcome.request.model == "try_standard"
    assert state(at).outcome.request.eps == pytest.approx(8 / 255)
    assert state(at).beside.request.model == "try_pgd"
    assert state(at).beside.verdict is Verdict.HELD


def test_a_card_with_a_mistake_is_a_sentence_and_the_others_are_there(tmp_path, shelf) -> None:
    throwaway.write(tmp_path, "try_pgd", labels=["one"])
    throwaway.write(tmp_path, "try_standard")
    shelf()
    at = page()
    assert not at.exception
    assert at.error[0].value.startswith(r"try\_pgd.json is no card of a model: labels")
    assert "Trial · standard" in said(at)


def test_one_more_file_is_one_more_family(tmp_path, shelf) -> None:
    throwaway.write(tmp_path, "birds", family="Birds", title="Birds <b>", twin=None)
    shelf()
    at = page()
    assert "Birds" in [heading.value for heading in at.subheader]
    assert '<a href="#birds">Birds</a>' in said(at)
    assert "Birds &lt;b&gt;" in said(at)
