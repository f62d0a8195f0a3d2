"""What is around an attack, in Chromium: swipe, steps, ε by hand, links, files, Present mode, the keyboard."""

import base64
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.support import LONG, claimed, downloaded, fill, label_by_timm, open_lab, run, settle, taken, upload

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
LINK = (
    "/lab?v=1&image=sample:coffee&model=efficientnet_lite0&attack=pgd&norm=linf&eps=2&goal=untargeted"
    "&steps=12&seed=0&run=1"
)


def open_link(page, link: str = LINK) -> None:
    page.goto(link)
    page.wait_for_selector(".verdict .word:not(:has-text('BEFORE'))", timeout=LONG)
    page.wait_for_selector(".st-key-present button", timeout=LONG)  # drawn after the verdict
    settle(page)


def view(page, name: str) -> None:
    page.locator(f".viewer .tabs button[data-view={name}]").click()
    page.wait_for_selector(f".viewer.{name}")
    page.wait_for_selector(".viewer .wait", state="hidden", timeout=LONG)
    settle(page)


def pixels(page, canvas: str = "under") -> np.ndarray:
    """What a canvas of the viewer holds, before the browser scales it."""
    # Not as numbers: Playwright takes seconds for as many.
    file = page.locator(f".viewer canvas.{canvas}").evaluate("c => c.toDataURL('image/png')")
    return png(base64.b64decode(file.partition(",")[2]))


def png(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture(scope="module")
def shown(chromium, server) -> Iterator:
    """A result that is looked at from all sides, and what its page has sent to the server."""
    page = chromium.new_page(viewport={"width": 1440, "height": 1000}, base_url=server)
    page.sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: page.sent.append(1)))
    open_link(page)
    yield page
    assert page.locator("[data-testid=stException]").count() == 0
    page.close()


def test_the_swipe_shows_the_very_pixels_and_moves_without_the_server(shown) -> None:
    page, sent = shown, shown.sent
    assert np.array_equal(pixels(page), png(downloaded(page)))
    assert np.abs(pixels(page, "over").astype(int) - pixels(page)).max() == 2
    page.locator(".viewer .tabs").scroll_into_view_if_needed()
    box = page.locator(".viewer .frame").bounding_box()
    before = -1
    while before < len(sent):  # what the page still has to say of its own
        before = len(sent)
        page.wait_for_timeout(2000)
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    for x in range(10, 400, 30):
        page.mouse.move(box["x"] + x, box["y"] + 100)
    page.mouse.up()
    place = float(re.search(r"([\d.]+)%", page.locator(".viewer .line").get_attribute("style")).group(1))
    assert place == pytest.approx(100 * 370 / box["width"], abs=1)
    assert len(sent) == before
    page.keyboard.press("ArrowRight")
    assert float(page.locator(".viewer .knob").get_attribute("aria-valuenow")) == pytest.approx(place + 2, abs=1)


def test_the_steps_can_be_played_and_end_with_what_was_tried_last(shown) -> None:
    page = shown
    view(page, "steps")
    assert "Step 12 of 12" in page.locator(".viewer .caption").inner_text()
    page.get_by_label("Previous step").click()
    assert "Step 11 of 12" in page.locator(".viewer .caption").inner_text()
    slider = page.get_by_label("Step", exact=True)
    slider.focus()
    page.keyboard.press("Home")
    assert "Step 1 of 12" in page.locator(".viewer .caption").inner_text()
    first = pixels(page)
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(220 * 15)
    assert "Step 12 of 12" in page.locator(".viewer .caption").inner_text()
    assert not np.array_equal(first, pixels(page))


def test_epsilon_is_dragged_here_and_checked_there(shown) -> None:
    page = shown
    view(page, "strength")
    slider = page.get_by_label("Size of the change")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_function(
        "[...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.caption')"
        "?.innerText.includes('Asked of the model at 0.00/255'))",
        timeout=LONG,
    )
    caption = page.locator(".viewer .caption").inner_text()
    assert "espresso" in caption
    shares = page.locator(".viewer .bars em").all_inner_texts()
    page.keyboard.press("End")
    assert page.locator(".viewer .bars em").all_inner_texts() != shares


def test_the_change_in_every_kind(shown) -> None:
    page = shown
    view(page, "change")
    seen = []
    for kind in ("colour", "sign", "red", "green", "blue", "magnitude", "spectrum"):
        page.locator(f".viewer [data-kind={kind}]").click()
        settle(page)
        seen.append(pixels(page).tobytes())
    assert len(set(seen)) == len(seen)
    page.locator(".viewer [data-kind=colour]").click()
    gain = page.get_by_label("Magnification")
    gain.focus()
    page.keyboard.press("Home")
    assert np.abs(pixels(page).astype(int) - 128).max() == 2


def test_blink_can_be_paused(shown) -> None:
    page = shown
    view(page, "blink")
    page.get_by_role("button", name="Pause").click()
    still = pixels(page)
    page.wait_for_timeout(1600)
    assert np.array_equal(still, pixels(page))
    page.get_by_role("button", name="Switch").click()
    assert not np.array_equal(still, pixels(page))


def test_the_link_gives_a_second_browser_the_same_result(page, chromium, server, judge) -> None:
    open_lab(page)
    page.get_by_text("Steps, seed and budget").click()
    fill(page, "pgd-steps", 7)
    run(page)
    first = downloaded(page)
    assert "run=1" in page.url
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, base_url=server)
    other = context.new_page()
    open_link(other, page.url)
    assert claimed(other) == claimed(page) == label_by_timm(judge, downloaded(other))
    assert downloaded(other) == first
    context.close()


def test_a_reload_keeps_controls_and_result(page) -> None:
    open_link(page, LINK.replace("coffee", "rocket"))
    word, picture = page.locator(".verdict .headline").inner_text(), downloaded(page)
    page.reload()
    page.wait_for_selector(".verdict .word:not(:has-text('BEFORE'))", timeout=LONG)
    settle(page)
    assert page.locator(".verdict .headline").inner_text() == word
    assert downloaded(page) == picture


def test_the_exported_script_gives_the_same_image(page, photo, tmp_path) -> None:
    open_lab(page)
    upload(page, photo)
    run(page)
    (tmp_path / photo.name).write_bytes(photo.read_bytes())
    (tmp_path / "again.py").write_bytes(taken(page, "py"))
    # As its first lines say: where `import advlab` works.
    done = subprocess.run(
        [sys.executable, "again.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    (made,) = tmp_path.glob("*.png")
    assert np.array_equal(png(made.read_bytes()), png(downloaded(page)))


def test_the_report_opens_without_a_network(shown, chromium, tmp_path) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(taken(shown, "html"))
    context = chromium.new_context(offline=True)
    report = context.new_page()
    report.goto(file.as_uri())
    assert "FOOLED" in report.locator("body").inner_text()
    context.close()


def test_our_own_png_is_recognised(page, tmp_path) -> None:
    open_link(page)
    file = tmp_path / "again.png"
    file.write_bytes(downloaded(page))
    upload(page, file)
    page.wait_for_selector("text=Recognised", timeout=LONG)
    assert "within its budget" in page.locator("[data-testid=stAlert]").inner_text()


def test_present_mode_by_keyboard(shown) -> None:
    page = shown
    page.locator(".verdict .headline").click()
    page.keyboard.press("p")
    page.wait_for_selector(".st-key-stage .three", timeout=LONG)
    settle(page)
    assert page.locator("[data-testid=stSidebar]").is_hidden()
    sizes = page.locator(".three dd").evaluate_all("all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert len(sizes) == 3
    assert min(sizes) >= 40
    page.keyboard.press("Escape")
    page.wait_for_selector(".st-key-run", timeout=LONG)


def test_the_keyboard_alone_is_enough(page) -> None:
    """From the top of the page with Tab and Enter to a run, a view and a file."""
    open_lab(page)

    def tab_to(condition: str) -> None:
        for _ in range(90):
            page.keyboard.press("Tab")
            if page.evaluate(
                "(c) => { let e = document.activeElement; while (e?.shadowRoot?.activeElement) e ="
                " e.shadowRoot.activeElement; return !!e && (e.matches(c) || !!e.closest(c)); }",
                condition,
            ):
                return
        pytest.fail(f"Tab never reaches {condition}")

    tab_to(".st-key-run")
    page.keyboard.press("Enter")
    page.wait_for_selector(".verdict .word:not(:has-text('BEFORE'))", timeout=LONG)
    settle(page)
    tab_to("[data-view=change]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".viewer.change")
    settle(page)
    tab_to(".st-key-take-png")
    with page.expect_download():
        page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".viewer", timeout=LONG)


WIDE = "e => e.scrollWidth > e.clientWidth + 1"


@pytest.mark.parametrize("link", ["/", "/models", LINK, LINK.replace("run=1", "view=present&run=1")])
def test_nothing_is_cut_off(page, link: str) -> None:
    page.goto(link)
    page.wait_for_selector(".verdict .word:not(:has-text('BEFORE')), .models", timeout=LONG)
    for width in (1440, 768):
        page.set_viewport_size({"width": width, "height": 1000})
        settle(page)
        _whole(page)


def _whole(page) -> None:
    assert not page.locator("[data-testid=stMain]").evaluate(WIDE)
    for text in page.locator(".numbers dd, .three dd, .facts dd, .viewer .tabs button").all():
        assert not text.evaluate(WIDE), text.inner_text()
    edge = page.viewport_size["width"]
    for part in page.locator("[data-testid=stMain] button:visible, .viewer .frame").all():
        box = part.bounding_box()
        assert box is None or box["x"] + box["width"] <= edge + 1


def test_the_address_names_the_view_that_is_shown(shown, page) -> None:
    for name in ("change", "steps", "strength", "swipe"):
        view(shown, name)
        shown.wait_for_function("name => location.search.includes(`view=${name}`)", arg=name, timeout=LONG)
    page.goto(LINK + "&view=steps")
    page.wait_for_selector(".viewer.steps", timeout=LONG)


def test_the_second_model_stands_beside_with_its_own_pictures(page) -> None:
    open_link(page, LINK + "&with=efficientnet_lite1")
    page.wait_for_selector(".transfer", timeout=LONG)
    settle(page)
    sides = page.locator(".viewer canvas.under").evaluate_all("all => all.map(c => c.width)")
    assert sides == [224, 240]
