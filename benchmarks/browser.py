"""What a person feels: how long the browser takes for a dragged frame, and the server for a verdict.

    python benchmarks/browser.py

Starts the real server and Chromium. A frame of 60 a second has 16.7 ms; what is measured is the script's own
time for one movement of the swipe handle and of ε (computing and handing over the picture, without the
compositor's work), and how many frames a second are drawn while the handle moves in every frame. The verdict's
time is from the click on Run to the word on the page, for FGSM on a sample with the model loaded.
"""

import statistics
import time

from dashboard import dashboard
from playwright.sync_api import Page

LINK = "/lab?v=1&image=sample:coffee&attack=pgd&norm=linf&eps=2&steps=20&seed=0&run=1"
FRAMES = """
async ([name, count]) => {
  const shadow = [...document.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.viewer')).shadowRoot;
  const v = shadow.querySelector('.viewer').viewer, times = [];
  const draw = (k) => name === 'swipe' ? v.slide(100 * k / count) : (v.multiple = 2 * k / count, v.drawStrength());
  const begin = performance.now();
  for (let k = 0; k < count; k += 1) {
    const before = performance.now();
    draw(k);
    times.push(performance.now() - before);
    await new Promise(requestAnimationFrame);
  }
  return [times, count / (performance.now() - begin) * 1000];
}
"""


def settled(page: Page) -> None:
    page.wait_for_timeout(300)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=120_000)


def dragged(page: Page) -> None:
    for name, title in (("swipe", "swipe"), ("strength", "ε")):
        page.locator(f".viewer .tabs button[data-view={name}]").click()
        page.wait_for_selector(".viewer .wait", state="hidden")
        settled(page)
        times, rate = page.evaluate(FRAMES, [name, 240])
        ordered = sorted(times)
        usual, slow = statistics.median(times), ordered[int(0.95 * len(ordered))]
        print(f"{title:8} {usual:6.2f} ms a movement (95%: {slow:.2f} ms), {rate:.0f} frames a second while it moves")


def verdicts(page: Page, address: str, runs: int = 7) -> None:
    page.goto(f"{address}/lab?v=1&image=sample:coffee&attack=fgsm&norm=linf&eps=4")
    page.wait_for_selector(".verdict")
    settled(page)
    times = []
    for seed in range(runs):
        page.locator(".verdict").first.wait_for()
        page.evaluate("document.querySelectorAll('.verdict .word').forEach(e => e.dataset.old = 1)")
        begin = time.perf_counter()
        page.locator(".st-key-run button").click()
        page.wait_for_selector(".verdict .word:not([data-old]):not(:has-text('BEFORE'))")
        times.append(time.perf_counter() - begin)
        settled(page)
        page.goto(f"{address}/lab?v=1&image=sample:coffee&attack=fgsm&norm=linf&eps=4.{seed + 1}")
        page.wait_for_selector(".verdict")
        settled(page)
    usual, best = statistics.median(times), min(times)
    print(f"FGSM     {usual:6.2f} s from the click to the verdict (best {best:.2f} s, of {runs})")


def main() -> None:
    with dashboard() as (address, browser):
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(120_000)
        page.goto(f"{address}{LINK}")
        page.wait_for_selector(".verdict .word:not(:has-text('BEFORE'))")
        settled(page)
        dragged(page)
        verdicts(page, address)


if __name__ == "__main__":
    main()
