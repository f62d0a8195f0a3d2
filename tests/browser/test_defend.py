"""Defenses in Chromium: from the lab to the table, a row of it, and a cell large."""

import pytest

from tests.browser.support import LONG, settle

pytestmark = pytest.mark.browser


def test_a_stop_sign_behind_defenses(page) -> None:
    """The model of the lab goes along; rows arrive, the rest is stopped, a cell opens, the report is a file."""
    page.goto("/lab?v=1&image=sample:stop&model=signs_standard")
    page.wait_for_selector(".verdict", timeout=LONG)
    settle(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Defend").click()
    page.wait_for_selector(".st-key-d-run button", timeout=LONG)
    settle(page)
    assert page.locator(".st-key-model input").first.input_value() == "Traffic signs · standard"
    page.locator(".st-key-d-run button").click()
    cells = page.locator(".matrix button")
    cells.nth(5).wait_for(timeout=LONG)  # two rows
    page.locator(".st-key-defend-stop button").click()
    page.wait_for_selector(".st-key-d-html button", timeout=LONG)
    settle(page)
    ends = page.locator(".matrix .end")
    assert ends.nth(0).inner_text().startswith("FALLS")
    assert ends.nth(1).inner_text().startswith("HELD HERE")
    cells.nth(2).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Size of the change: 8/255").wait_for(timeout=LONG)
    assert dialog.locator("figure").count() == 2
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached", timeout=LONG)
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("button", name="Report").click()
    report = download.value.path().read_text("utf-8")
    assert "Traffic signs · TRADES" in report
    assert 'src="http' not in report
