"""Comparing attacks in Chromium: a link sets the choice, results arrive, a table, gauges, a file."""

import pytest

from tests.browser.support import LONG, settle

pytestmark = pytest.mark.browser
LINK = "/compare?v=1&image=sample:digit-7&model=mnist_standard&norm=l2&eps=2&queries=60&c.fgsm=on&c.pgd=steps:8"


def test_attacks_side_by_side(page) -> None:
    page.goto(f"{LINK}&c.hopskipjump=on")
    page.wait_for_selector(".st-key-c-run button", timeout=LONG)
    settle(page)
    assert page.locator(".stMarkdown", has_text="Attacks 3/").count() == 1
    page.locator(".st-key-c-run button").click()
    page.locator(".attack", has_text="HopSkipJump").wait_for(timeout=LONG)
    page.locator(".attack", has_text="Clean picture").wait_for(timeout=LONG)  # asked for by itself, of a new server
    page.wait_for_selector(".st-key-c-stop-all", state="detached", timeout=LONG)
    settle(page)
    said = page.locator(".verdict .headline").inner_text()
    assert "three attacks" in said.replace("\u00a0", " ")
    cards = page.locator(".attack")
    assert [card.locator("header b").inner_text() for card in cards.all()][:3] == ["Clean picture", "FGSM", "PGD"]
    assert all(img.evaluate("e => e.complete && e.naturalWidth > 0") for img in page.locator(".attack img").all())
    with page.expect_download(timeout=LONG) as download:
        page.locator(".st-key-c-csv button").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["attack", "fgsm", "pgd", "hopskipjump"]
    page.locator(".st-key-c-measure button").click()
    chart = page.locator("[data-testid=stVegaLiteChart]")
    chart.wait_for(timeout=LONG)
    page.wait_for_selector(".st-key-c-reach-stop-all", state="detached", timeout=LONG)
    settle(page)
    assert page.locator(".keys", has_text="tried, and it held").count() == 1
    # Alone again: the address restores the same choice.
    page.goto(page.url)
    page.wait_for_selector(".st-key-c-run button", timeout=LONG)
    settle(page)
    assert page.locator(".stMarkdown", has_text="Attacks 3/").count() == 1
