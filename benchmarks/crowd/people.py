"""What people do in the lab: run, wait, stop, load the page again, look at another page; and what became of it."""

import asyncio
import io
import time
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from . import page
from .page import Shown, Wish
from .visitor import GoneError, Visitor

# A run that has brought nothing after this many seconds is lost.
BOUND = 240.0
# Pixels of the seeds: everybody's runs are told apart by them. Some wish for what others wish for, too.
_SHARED = tuple(Wish("pgd", eps, seed, "coffee") for seed, eps in ((1, 2), (2, 3), (3, 4), (4, 5)))


@dataclass
class Run:
    """One press of Run."""

    person: int
    wish: Wish
    began: float
    ended: float | None = None  # with its verdict
    stopped: float | None = None  # given up by its person
    shown: Shown | None = None


@dataclass
class Books:
    """Everything that happened."""

    runs: list[Run] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    did: dict[str, int] = field(default_factory=dict)
    pages: list[float] = field(default_factory=list)  # seconds until a page was drawn

    def count(self, what: str) -> None:
        """Something was done."""
        self.did[what] = self.did.get(what, 0) + 1


class Person:
    """Somebody in the lab, who does things at random until the time is up."""

    def __init__(self, visitor: Visitor, number: int, seed: int, books: Books) -> None:
        self.visitor, self.number, self.books = visitor, number, books
        self.rng = np.random.default_rng((seed, number))
        self.picture = "coffee"
        self.mine = _photo(seed, number)
        self.seeds = 1000 * (1 + number)

    async def live(self, end: float) -> None:
        """Come, do things, go; a failure is noted and the person comes again."""
        await asyncio.sleep(self.rng.uniform(0, 5))
        while time.monotonic() < end:
            try:
                await self._timed(self.visitor.open("/lab"))
                while time.monotonic() < end:
                    await self.once()
                    await asyncio.sleep(self.rng.exponential(3))
            except OSError as error:  # there is no server to connect to; how it ended is the report's to say
                self.books.errors.append(f"Person {self.number}: {error}")
                return
            except GoneError as error:
                self.books.errors.append(f"Person {self.number}: {error} {page.describe(self.visitor)}")
            finally:
                await self.visitor.close()

    async def once(self) -> None:
        """Choose something, run it, and wait, or not."""
        if self.rng.random() < 0.4:
            await self._another_picture()
        wish = self._wish()
        await page.choose(self.visitor, wish)
        run = Run(self.number, wish, time.monotonic())
        self.books.runs.append(run)
        await self.visitor.press(page.RUN)
        what = str(self.rng.choice(["wait", "leaf", "stop", "reload"], p=[0.75, 0.1, 0.08, 0.07]))
        self.books.count(what)
        match what:
            case "wait":
                await self._result(run)
            case "leaf":
                await self._timed(self.visitor.go(page.HOME))
                await asyncio.sleep(self.rng.uniform(0, 3))
                await self._timed(self.visitor.go(page.LAB))
                await self._result(run)
            case "stop":
                await asyncio.sleep(self.rng.uniform(0, 4))
                await self._stop(run)
            case "reload":
                await asyncio.sleep(self.rng.uniform(0, 3))
                run.stopped = time.monotonic()
                await self._timed(self.visitor.reload("/lab"))
                self.picture = "coffee"
        self.books.errors.extend(f"Person {self.number}: {alert}" for alert in self.visitor.complaints)
        self.visitor.complaints.clear()

    async def _another_picture(self) -> None:
        choice = str(self.rng.choice([*page.SAMPLES, "mine"]))
        if choice == self.picture:
            return
        if choice == "mine":
            await self.visitor.upload(page.UPLOAD, f"photo-{self.number}.png", self.mine)
            self.books.count("upload")
            self.picture = f"upload {self.number}"
        else:
            await page.take(self.visitor, choice)
            self.picture = choice

    def _wish(self) -> Wish:
        if self.picture == "coffee" and self.rng.random() < 0.3:
            return _SHARED[int(self.rng.integers(len(_SHARED)))]
        self.seeds += 1
        attack = str(self.rng.choice(["pgd", "fgsm", "square"], p=[0.6, 0.25, 0.15]))
        return Wish(attack, int(self.rng.integers(1, 9)), self.seeds, self.picture)

    async def _result(self, run: Run) -> None:
        def there() -> bool:
            seen = page.shown(self.visitor)
            return seen is not None and page.belongs(seen, run.wish)

        try:
            await self.visitor.until(there, BOUND)
        except GoneError as error:
            self.books.lost.append(f"Person {self.number}: {run.wish}: {error} {page.describe(self.visitor)}")
            return
        run.ended, run.shown = time.monotonic(), page.shown(self.visitor)

    async def _stop(self, run: Run) -> None:
        if page.shown(self.visitor) is None:
            await self.visitor.press(page.STOP)
        run.stopped = time.monotonic()
        try:
            await self.visitor.until(lambda: not page.running(self.visitor), 60)
        except GoneError as error:
            self.books.lost.append(f"Person {self.number}: Stop is not heard: {error}")

    async def _timed(self, work: object) -> None:
        begin = time.monotonic()
        await work  # type: ignore[misc]
        self.books.pages.append(time.monotonic() - begin)


def _photo(seed: int, number: int) -> bytes:
    """A picture that nobody else has: a sample's colours would do, but smooth noise is told apart at once."""
    rng = np.random.default_rng((seed, number, 1))
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3)).astype(np.uint8))
    file = io.BytesIO()
    coarse.resize((640, 480), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def photo_of(seed: int, number: int) -> Image.Image:
    """The picture of a person, to compare with."""
    return Image.open(io.BytesIO(_photo(seed, number))).convert("RGB")
