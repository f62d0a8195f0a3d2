"""The Attack Lab as a visitor finds it: its widgets and what it shows. The one place to mend when it changes."""

import base64
import hashlib
import io
import json
import re
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .visitor import Visitor

LAB, HOME = "lab", ""
RUN, STOP, SEED, PICTURE, UPLOAD, VIEWER = "run", "stop", "seed", "gallery", "upload", "viewer"
SEES = "sees"
# How an attack is chosen: widgets of options with how the option begins, then numbers. Square without a limit would
# take a minute where it does not succeed.
OPTIONS = {
    "pgd": {SEES: "Gradient", "attack-gradient": "PGD"},
    "fgsm": {SEES: "Gradient", "attack-gradient": "FGSM"},
    "square": {SEES: "Scores", "attack-scores": "Square"},
}
EPS = {"pgd": "eps-linf-gradient", "fgsm": "eps-linf-gradient", "square": "eps-linf-scores"}
NUMBERS = {"square": {"most-square": 100.0}}
SAMPLES = ("coffee", "cat", "rocket", "motorcycle")
LINK = (
    "/lab?v=1&image=sample:coffee&model=efficientnet_lite0&attack=pgd&norm=linf&eps=2"
    "&goal=untargeted&steps=20&seed={seed}&run=1"
)

_SOURCE = re.compile(r'src="data:image/png;base64,([^"]+)"')


@dataclass(frozen=True)
class Wish:
    """A run that somebody wants."""

    attack: str
    eps: int  # of 255
    seed: int
    picture: str


@dataclass(frozen=True)
class Shown:
    """A finished run as the page shows it."""

    word: str
    text: str
    clean: str  # digests of the pixels
    adversarial: str


def at_home(visitor: Visitor) -> bool:
    """Whether Home is drawn to its end: its ways into the lab are there."""
    return any(element.page == LAB for element in visitor.screen.elements("page_link"))


async def choose(visitor: Visitor, wish: Wish) -> None:
    """Set all the controls; one rerun for each that brings others."""
    for key, start in OPTIONS[wish.attack].items():
        widget = visitor.widget(key)
        options = [getattr(option, "content", option) for option in widget.options]
        value = next(option for option in options if option.startswith(start))
        await visitor.rerun(**{key: value})
    numbers = {EPS[wish.attack]: float(wish.eps), SEED: float(wish.seed)}
    await visitor.rerun(**numbers, **NUMBERS.get(wish.attack, {}))


async def take(visitor: Visitor, sample: str) -> None:
    """Click on a sample of the strip."""
    await visitor.trigger(PICTURE, "picked", f"sample:{sample}")


async def follow(visitor: Visitor, seed: int) -> Shown:
    """Open the link in a new tab and wait for its verdict."""
    wish = Wish("pgd", 2, seed, "coffee")
    await visitor.open(LINK.format(seed=seed))
    if not running(visitor) and shown(visitor) is None:  # the link does not start the run by itself
        await visitor.press(RUN, **{SEED: float(seed)})
    await visitor.until(lambda: (seen := shown(visitor)) is not None and belongs(seen, wish), 240)
    seen = shown(visitor)
    assert seen is not None
    return seen


def running(visitor: Visitor) -> bool:
    """Whether the page shows progress."""
    return any(True for _ in visitor.screen.elements("progress"))


def shown(visitor: Visitor) -> Shown | None:
    """The run on the page; None while one is under way or where there is none."""
    html = visitor.html()
    verdicts = [part for part in html if 'class="verdict' in part]
    if running(visitor) or not verdicts or "BEFORE THE ATTACK" in verdicts[0]:
        return None
    word = re.sub(r"<[^>]+>", "", verdicts[0].split('class="word">')[1].split("</div>")[0])
    clean, adversarial = _pictures(visitor, html)
    texts = [*html, *(element.body for element in visitor.screen.elements("markdown"))]
    return Shown(word, " ".join(texts), clean, adversarial)


def describe(visitor: Visitor) -> str:
    """What a page shows, for the report of a loss."""
    progress = [element.text for element in visitor.screen.elements("progress")]
    heads = [re.sub(r"<[^>]+>", " ", part)[:100] for part in visitor.html() if "<style" not in part]
    return f"The page shows {progress}, {heads}, {visitor.alerts()}; {visitor.state()}."


def belongs(seen: Shown, wish: Wish) -> bool:
    """Whether the text beside a verdict names the run that was wanted: its seed is nobody else's."""
    return re.search(rf"Seed {wish.seed}\b", seen.text, re.IGNORECASE) is not None


def digest(pixels: np.ndarray) -> str:
    """Names pixels."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:16]


def _pictures(visitor: Visitor, html: list[str]) -> tuple[str, str]:
    for element in visitor.screen.elements("bidi_component"):
        if VIEWER in element.id.split("-", 2)[-1]:
            data = json.loads(element.json)
            return _digest(data["clean"].split(",")[1]), _digest(data["adversarial"].split(",")[1])
    sources = [source for part in html if 'class="pictures' in part for source in _SOURCE.findall(part)]
    if not sources:
        return "", ""
    return _digest(sources[0]), _digest(sources[min(1, len(sources) - 1)])


def _digest(encoded: str) -> str:
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        return digest(np.asarray(picture.convert("RGB")))
