"""A network and its twin: one click, a link, the stage; and the ε that its card speaks of."""

import pytest
from streamlit.testing.v1 import AppTest

from advlab import models
from advlab.core.norms import Norm
from advlab.serving.outcome import Verdict
from tests.models import throwaway
from tests.pages.harness import finish, html, lab, state

LINK = {"v": "1", "image": "sample:coffee", "attack": "pgd", "norm": "linf", "eps": "8", "steps": "5"}


@pytest.fixture(autouse=True)
def pair(tmp_path, shelf) -> None:
    throwaway.write_pair(tmp_path)
    shelf()


def buttons(at: AppTest) -> dict[str, str]:
    return {button.key: button.label for button in at.button}


def captions(at: AppTest) -> str:
    return "\n".join(caption.value for caption in at.caption)


def test_one_click_attacks_both_side_by_side() -> None:
    at = lab(**LINK, model="try_standard")
    assert buttons(at)["twin"] == "Compare with its robust twin"
    at = finish(at.button(key="twin").click().run())
    assert not at.exception
    first, second = state(at).outcome, state(at).beside
    assert first.verdict is Verdict.FOOLED
    assert second.verdict is Verdict.HELD
    assert second.request == first.request.model_copy(update={"model": "try_pgd"})
    shown = html(at)
    assert shown.index("Trial · standard") < shown.index("FOOLED") < shown.index("Trial · PGD-trained")
    assert "On 1,000 test pictures, 73.0% withstand PGD-100 at ε = 8/255 (95% interval 70.2–75.7%)." in shown
    assert "On 1,000 test pictures, 0.3% withstand" in shown
    assert state(at).address["with"] == "try_pgd"


def test_another_click_takes_the_twin_away_and_leaves_the_first() -> None:
    at = finish(lab(**LINK, model="try_standard", with_="try_pgd", run="1"))
    assert state(at).beside is not None
    assert buttons(at)["twin"] == "Without its twin"
    before = state(at).outcome
    at.button(key="twin").click().run()
    assert state(at).beside is None
    assert state(at).outcome is before
    assert "with" not in state(at).address
    assert "Previous run" not in captions(at)


def test_the_robust_one_offers_the_undefended_one() -> None:
    at = lab(**LINK, model="try_pgd")
    assert buttons(at)["twin"] == "Compare with its undefended twin"
    assert "73.0% withstand PGD-100 at ε = 8/255" in captions(at)


def test_a_model_without_a_twin_offers_none() -> None:
    at = lab(**LINK, model="efficientnet_lite0")
    assert "twin" not in buttons(at)
    assert "withstand" not in captions(at)


def test_the_stage_shows_both() -> None:
    at = finish(lab(**LINK, model="try_standard", with_="try_pgd", view="present", run="1"))
    shown = html(at)
    assert "leave" in buttons(at)
    assert "FOOLED" in shown
    assert "HELD" in shown
    assert "Trial · PGD-trained" in shown


def test_only_what_tells_the_same_apart_is_compared() -> None:
    at = lab(**LINK, model="try_standard")
    assert at.selectbox(key="with").options == [models.card("try_pgd").title]
    at = lab(**LINK, model="efficientnet_lite0")
    assert models.card("try_pgd").title not in at.selectbox(key="with").options
    at = lab(**LINK, model="efficientnet_lite0", with_="try_pgd", run="1")
    assert "tell different things apart" in at.info[0].value
    assert at.selectbox(key="with").value is None
    assert state(at).job is None
    assert state(at).outcome is None


def test_the_slider_begins_at_the_cards_radius_and_photos_keep_theirs() -> None:
    at = lab()
    assert at.slider(key="eps-linf-gradient").value == 2
    at.selectbox(key="model").set_value("try_standard").run()
    slider = at.slider(key="eps-linf-gradient-8")
    assert (slider.min, slider.value, slider.max) == (1, 8, 32)
    slider.set_value(5.0).run()
    at.selectbox(key="model").set_value("try_pgd").run()
    assert at.slider(key="eps-linf-gradient-8").value == 5
    at.selectbox(key="model").set_value("efficientnet_lite0").run()
    assert at.slider(key="eps-linf-gradient").value == 2


@pytest.mark.parametrize(("eps", "value", "most"), [(8 / 255, 8, 32), (0.3, 76, 128), (2 / 255, 2, 32)])
def test_the_slider_reaches_what_was_measured(tmp_path, shelf, eps: float, value: float, most: float) -> None:
    (tmp_path / "more").mkdir()
    throwaway.write(tmp_path / "more", "other", eps=eps, twin=None, title="Another")
    shelf(tmp_path / "more")
    at = lab(model="other", v="1")
    slider = at.slider(key=f"eps-linf-gradient-{value}")
    assert (slider.value, slider.max) == (value, most)
    at.segmented_control(key="sees").set_value("scores").run()
    assert at.slider(key=f"eps-linf-scores-{value}").value == value
    at.segmented_control(key="sees").set_value("gradient").run()
    at.segmented_control(key="norm-pgd").set_value(Norm.L2).run()
    assert at.slider(key="eps-l2-gradient").value == 0.5


def test_a_link_sets_the_slider_of_its_model() -> None:
    at = lab(**{**LINK, "eps": "12"}, model="try_pgd")
    assert at.slider(key="eps-linf-gradient-8").value == 12
    assert state(at).address["eps"] == "12"


def test_the_menu_has_the_groups_in_order() -> None:
    names = list(state(lab()).cards())
    assert names.index("try_standard") < names.index("try_pgd") < names.index("efficientnet_lite0")
    assert lab().selectbox(key="model").value == "efficientnet_lite0"
