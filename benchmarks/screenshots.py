"""Pictures of the pages for the README and for talks, light and dark, from the real server.

python benchmarks/screenshots.py
python benchmarks/screenshots.py --only compare --folder /tmp/shots
"""

import argparse
import io
from pathlib import Path

from dashboard import ROOT, dashboard
from PIL import Image

RUN = "/lab?v=1&image=sample:coffee&model=efficientnet_lite0&attack=pgd&norm=linf&eps=2&steps=20&seed=0"
SIGN = "v=1&image=sample:stop&model=signs_standard&attack=pgd&norm=linf&eps=8&steps=20&seed=0&run=1"
QUIET = "v=1&image=sample:stop&model=signs_standard"
PAGES = {
    "home": ("/", ".hero"),
    "lab": (f"{RUN}&run=1", ".numbers"),
    "boundary": (f"/boundary?{SIGN}&p.across=attack&p.up=random&p.lines=201&p.with=signs_trades", ".st-key-p-files"),
    "explain": (f"/explain?{SIGN}&e.method=integrated_gradients&e.with=signs_trades", ".overlay figure >> nth=3"),
    "compare": (
        f"/compare?{QUIET}&norm=linf&eps=6&queries=300&c.fgsm=on&c.pgd=on&c.fab=on&c.square=on&c.random_noise=on",
        ".st-key-c-csv",
    ),
    "blackbox": (
        f"/blackbox?{QUIET}&norm=l2&eps=1&queries=2000&b.boundary=on&b.hopskipjump=on&b.surfree=on&b.simba=on",
        ".st-key-b-csv-curves",
    ),
    "defend": (f"/defend?{SIGN.removesuffix('&run=1')}", ".st-key-d-html"),
    "models": ("/models", ".models"),
    "present": (f"{RUN}&view=present&run=1", ".three"),
}
# Nothing is attacked by a link to these: somebody has to press their button.
BEGUN = ("compare", "blackbox", "defend")


def small(png: bytes) -> Image.Image:
    """Of 256 colours: a quarter of the size, and nobody sees it in a README."""
    return Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PAGES, default=list(PAGES))
    parser.add_argument("--folder", type=Path, default=ROOT / "assets" / "screenshots")
    given = parser.parse_args()
    draw(given.folder, given.only)


def draw(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with dashboard() as (address, browser):
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
            page.set_default_timeout(120_000)
            for name in names:
                link, there = PAGES[name]
                page.goto(f"{address}{link}")
                if name in BEGUN:
                    page.locator(f".st-key-{name[0]}-run button").click()
                page.wait_for_selector(there)
                if name in BEGUN:
                    page.wait_for_selector(f".st-key-{name[0]}-stop-all", state="detached")
                page.wait_for_timeout(4000)
                page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
                small(page.screenshot()).save(folder / f"{name}-{scheme}.png", optimize=True)
            page.close()


if __name__ == "__main__":
    main()
