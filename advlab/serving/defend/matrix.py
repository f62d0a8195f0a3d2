"""The table, filled cell by cell."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from PIL import Image
from torch import Tensor

from advlab import api, models
from advlab.analysis.ticking import Tick
from advlab.core.classifier import Classifier
from advlab.core.defense import Kind
from advlab.core.goals import Goal, Untargeted
from advlab.core.result import AttackResult
from advlab.core.rounding import give_out
from advlab.core.verdicts import votes
from advlab.errors import AdvlabError
from advlab.evaluation import strikes
from advlab.evaluation.contender import Contender, contender, titled
from advlab.evaluation.strikes import Strike
from advlab.serving.defend import calibration
from advlab.serving.defend.request import DefendRequest
from advlab.serving.defend.row import Cell, Row, summary
from advlab.serving.lab import opinion, taken
from advlab.serving.outcome import percent
from advlab.serving.stopping import last_of

# What is compared where nobody chose: one of each kind at least.
USUAL = ("bit_depth", "median", "jpeg", "resize_pad", "feature_squeezing", "rounded_logits", "randomized_smoothing")
# Queries of the check without gradients; a model that needs more passes than this for an answer is not checked so, it
# would take minutes.
_QUERIES, _PATIENCE = 300, 4


@dataclass(frozen=True)
class Matrix:
    """The table so far.

    Attributes:
        request: what was asked for.
        rows: the undefended network first.
        truth: the class that the attackers lead away from.
        seconds: since it began.
    """

    request: DefendRequest
    rows: tuple[Row, ...]
    truth: str
    seconds: float

    @property
    def sentence(self) -> str:
        """What it comes to."""
        return summary(self.rows)


def fill(
    request: DefendRequest,
    picture: Image.Image,
    show: Callable[[Matrix], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Matrix | None:
    """Attack each defense twice; what is there when somebody stops it, None if there is nothing yet.

    Args:
        request: the question.
        picture: the clean picture.
        show: called with the table after each cell.
        should_stop: asked often.

    Raises:
        AdvlabError: a sentence for people, about the request as a whole; a defense's own is in its row.
    """
    return last_of(lambda tick: _Filling(request, picture, tick).tables(), show, should_stop)


class _Filling:
    """One table's work."""

    def __init__(self, request: DefendRequest, picture: Image.Image, tick: Tick) -> None:
        self._request, self._tick = request, tick
        self._begin = time.perf_counter()
        self._base = models.load(request.model)
        self._x = taken(self._base, picture, exact=request.exact)
        found = votes(self._base, self._x)
        self._goal: Goal = Untargeted(request.truth).bind(1, len(self._base.labels), found.answer[0])
        self._rows = [Row(key, titled(key)) for key, _ in request.keys]

    def tables(self) -> Iterator[Matrix]:
        """The table after each cell."""
        unaware: AttackResult | None = None
        for place, row in enumerate(self._rows):
            try:
                who = contender(row.key, self._base, self._request.defenses.get(row.key), self._held_out)
            except AdvlabError as error:
                yield self._with(place, replace(row, problem=str(error)))
                continue
            row = replace(row, title=who.title, through=who.through)
            yield self._with(place, row := self._timed(row, who))
            strike = strikes.unaware(who, self._request.steps)
            if who.kind is Kind.MASKING:
                cell = self._given(who, strike, self._attack(who, strike))
            else:
                # It asks the undefended network, so its picture is the same for every row.
                unaware = unaware or self._attack(who, strike, judge=self._base)
                cell = self._given(who, strike, unaware)
            row = replace(row, unaware=cell)
            yield self._with(place, row)
            yield self._with(place, replace(row, adaptive=self._adaptive(who)))

    def _with(self, place: int, row: Row) -> Matrix:
        self._rows[place] = row
        truth = self._base.labels[int(self._goal.index[0])]
        return Matrix(self._request, tuple(self._rows), truth, time.perf_counter() - self._begin)

    def _held_out(self, count: int) -> Tensor:
        return calibration.pictures(self._base, count, but=self._x)

    def _timed(self, row: Row, who: Contender) -> Row:
        self._tick()
        begin = time.perf_counter()
        with torch.no_grad():
            who.deployed(self._x)
        seconds = time.perf_counter() - begin
        return replace(row, clean=self._cell(who, self._x[0]), seconds=seconds, passes=who.deployed.passes)

    def _attack(
        self, who: Contender, strike: Strike, judge: Classifier | None = None, *, early_stop: bool = False
    ) -> AttackResult:
        request = self._request
        return api.attack(
            strike.asked, self._x, strike.attack, norm=request.norm, eps=request.eps, goal=self._goal,
            seed=request.seed, early_stop=early_stop,
            judge=judge or who.deployed, should_stop=self._heard,
        )  # fmt: skip

    def _heard(self) -> bool:
        self._tick()
        return False

    def _adaptive(self, who: Contender) -> Cell:
        """By gradient, through or around the defense; then without gradients, if that did not get through."""
        cells = []
        for strike in strikes.adaptive(who, self._request.steps, self._request.override):
            cell = self._given(who, strike, self._attack(who, strike, early_stop=who.kind is Kind.DETECTOR))
            if cell.reached:
                return cell
            cells.append(cell)
        first = cells[0]
        if who.deployed.passes > _PATIENCE or who.deployed.votes > 1:
            return replace(first, attack=f"{first.attack} Not checked without gradients, which would take long.")
        strike = strikes.square(who, _QUERIES)
        other = self._given(who, strike, self._attack(who, strike, early_stop=True))
        return other if other.reached else replace(first, attack=f"{first.attack} {strike.name} held too.")

    def _given(self, who: Contender, strike: Strike, found: AttackResult) -> Cell:
        given = give_out(who.deployed, self._x, found)
        cell = self._cell(who, given.pixels.to(self._x) / 255)
        return replace(cell, size=given.norms[self._request.norm.value], attack=strike.how)

    def _cell(self, who: Contender, image: Tensor) -> Cell:
        """What the deployed model says of one picture `[C, H, W]`."""
        found = votes(who.deployed, image.unsqueeze(0))
        pixels = (image * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        says = opinion(who.deployed, found.shares[0])
        return Cell(pixels, says, bool(found.accepted[0]), bool(found.margin(self._goal)[0] > 0))


def told(cell: Cell | None) -> str:
    """A cell in a few words."""
    if cell is None:
        return "–"
    if not cell.accepted:
        return "rejected"
    return f"{cell.says.label} {percent(cell.says.confidence)}"
