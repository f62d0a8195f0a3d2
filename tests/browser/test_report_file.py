"""The report is a file: opened in Chromium with no network, it shows the verdict and its handle moves."""

import re
from pathlib import Path

import pytest

from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data.samples import sample
from advlab.serving import lab
from advlab.serving.exports import report
from advlab.serving.outcome import Outcome, sentence

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    request = AttackRequest(
        picture="sample:coffee",
        model="efficientnet_lite0",
        attack="pgd",
        norm=Norm.LINF,
        eps=2 / 255,
        parameters={"steps": 8},
    )
    return lab.run(request, sample("coffee").picture())


@pytest.fixture
def opened(chromium, outcome: Outcome, tmp_path: Path):
    """Opens the report as a file, and fails if it asks for anything else or complains."""
    file = tmp_path / "report.html"
    file.write_text(report.html(outcome, "Coffee"), "utf-8")
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    said: list[str] = []

    def open_(**media: str):
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request", lambda r: None if r.url.startswith("data:") or r.url == file.as_uri() else said.append(r.url)
        )
        page.emulate_media(**media)
        page.goto(file.as_uri())
        return page

    yield open_
    context.close()
    assert said == []


def test_the_report_opens_offline(opened, outcome: Outcome) -> None:
    page = opened()
    assert page.locator("h1").inner_text().startswith(outcome.before.label)
    assert page.get_by_text(sentence(outcome)).is_visible()
    assert page.locator("img").evaluate_all("all => all.every(i => i.naturalWidth === 224)")


def test_its_handle_is_dragged_and_moved_by_keys(opened) -> None:
    page = opened()
    box = page.locator(".frames").bounding_box()

    def shown() -> float:
        style = page.locator(".over").evaluate("element => getComputedStyle(element).clipPath")
        return float(re.findall(r"([\d.]+)%", style)[-1])

    assert shown() == 50
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    page.mouse.up()
    assert shown() == pytest.approx(25, abs=1)
    before = shown()
    page.keyboard.press("ArrowRight")
    assert shown() > before


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_it_fits_every_width_in_both_themes(opened, width: int) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_paper_is_light_and_shows_both_pictures_whole(opened) -> None:
    page = opened(color_scheme="dark", media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    left, right = (page.locator(".frame").nth(i).bounding_box() for i in (0, 1))
    assert left["x"] + left["width"] <= right["x"]
    assert page.locator(".handle").is_hidden()
