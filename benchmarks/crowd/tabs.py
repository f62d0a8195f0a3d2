"""A few real Chromium tabs among the people: does the page still work for them, and how does it feel?"""

import asyncio
import shutil
import time

from playwright.async_api import Error, Page, async_playwright

from . import page
from .people import Books

_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
_LONG = 240_000


async def tabs(address: str, number: int, end: float, books: Books) -> list[float]:
    """Open so many tabs until the time is up; seconds from opening a link to the verdict on the screen."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not number:
        return []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        pages = [await browser.new_page() for _ in range(number)]
        waits = await asyncio.gather(*(_tab(one, address, n, end, books) for n, one in enumerate(pages)))
        await browser.close()
    return [seconds for one in waits for seconds in one]


async def _tab(tab: Page, address: str, number: int, end: float, books: Books) -> list[float]:
    waits: list[float] = []
    tab.on("pageerror", lambda error: books.errors.append(f"Tab {number}: {error}"))
    seed = 1_000_000 * (number + 1)
    try:
        while time.monotonic() < end:
            seed += 1
            begin = time.monotonic()
            await tab.goto(address + page.LINK.format(seed=seed))
            await tab.wait_for_selector(f".checks:has-text('Seed {seed} ')", timeout=_LONG)
            waits.append(time.monotonic() - begin)
            await tab.wait_for_selector(_SETTLED, timeout=_LONG)
            if await tab.locator("[data-testid=stException]").count():
                books.errors.append(f"Tab {number}: an exception is on the page.")
            await asyncio.sleep(2)
    except Error as error:
        books.errors.append(f"Tab {number}: {error.message.splitlines()[0]}")
    return waits
