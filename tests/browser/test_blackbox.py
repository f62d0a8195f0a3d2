"""Black-box attacks in Chromium: a race from a link, its chart, Stop, and files to take along."""

import csv
import io
from pathlib import Path

import pytest

from tests.browser.support import LONG, settle

pytestmark = pytest.mark.browser
LINK = (
    "/blackbox?v=1&image=sample:digit-7&model=mnist_standard&norm=l2&eps=2&queries=20000&b.price=2"
    "&b.boundary=on&b.hopskipjump=on&b.square=on&b.simba=on"
)


def test_a_race_of_four_is_watched_and_stopped(page) -> None:
    page.goto(LINK)
    page.wait_for_selector(".st-key-b-run button", timeout=LONG)
    settle(page)
    page.locator(".st-key-b-run button").click()
    page.locator(".st-key-b-race .plotly").first.wait_for(timeout=LONG)
    page.locator(".verdict .headline", has_text="leads with").wait_for(timeout=LONG)
    page.locator(".st-key-b-stop-all button").click()
    page.wait_for_selector(".st-key-b-csv-curves button", timeout=LONG)
    settle(page)
    said = page.locator(".verdict .headline").inner_text()
    assert "ends with" in said
    assert "$" in said
    assert not page.locator("[data-testid=stAlert]").count()
    with page.expect_download(timeout=LONG) as download:
        page.locator(".st-key-b-csv-curves button").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert rows
    assert all(int(row["queries"]) <= 20_000 for row in rows)
    page.set_viewport_size({"width": 768, "height": 1000})
    settle(page)
    assert not page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth > e.clientWidth + 1")
