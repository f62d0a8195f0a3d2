"""The table, filled cell by cell."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from PIL import Image
from torch import Tensor

from advlab import api, attacks, defenses, models
from advlab.analysis.ticking import Tick
from advlab.core.classifier import Classifier
from advlab.core.defense import Defense, Kind
from advlab.core.goals import Goal, Untargeted
from advlab.core.result import AttackResult
from advlab.core.rounding import give_out
from advlab.core.verdicts import votes
from advlab.data.samples import fitting
from advlab.errors import AdvlabError
from advlab.serving.defend.request import DefendRequest
from advlab.serving.defend.row import Cell, Row, summary
from advlab.serving.lab import opinion, taken
from advlab.serving.outcome import percent
from advlab.serving.stopping import last_of

UNDEFENDED = "none"
# What is compared where nobody chose: one of each kind at least.
USUAL = ("bit_depth", "median", "jpeg", "resize_pad", "feature_squeezing", "rounded_logits", "randomized_smoothing")
# Rounds of the search for a detector's weight, and queries of the check without gradients; a model that needs
# more passes than this for an answer is not checked so, it would take minutes.
_ROUNDS, _QUERIES, _PATIENCE = 3, 300, 4


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


@dataclass(frozen=True)
class _Contender:
    """A row's models: the one that is deployed, and the one that is climbed by who knows it."""

    deployed: Classifier
    known: Classifier
    kind: Kind | None = None


class _Filling:
    """One table's work."""

    def __init__(self, request: DefendRequest, picture: Image.Image, tick: Tick) -> None:
        self._request, self._tick = request, tick
        self._begin = time.perf_counter()
        self._base = models.load(request.model)
        self._x = taken(self._base, picture, exact=request.exact)
        self._clean_pictures: Tensor | None = None
        found = votes(self._base, self._x)
        self._goal: Goal = Untargeted(request.truth).bind(1, len(self._base.labels), found.answer[0])
        self._rows = [Row(UNDEFENDED, "No defense", "The attacker goes straight through it.")]
        self._rows += [Row(f"network:{name}", models.card(name).title) for name in request.networks]
        self._rows += [Row(name, defenses.registry.get(name).title) for name in request.defenses]

    def tables(self) -> Iterator[Matrix]:
        """The table after each cell."""
        unaware: AttackResult | None = None
        for place, row in enumerate(self._rows):
            try:
                contender, row = self._contender(row)
            except AdvlabError as error:
                yield self._with(place, replace(row, problem=str(error)))
                continue
            yield self._with(place, row := self._timed(row, contender))
            if unaware is None:
                unaware = self._attack(self._base, "pgd", steps=self._request.steps)
            row = replace(row, unaware=self._unaware(contender, unaware))
            yield self._with(place, row)
            yield self._with(place, replace(row, adaptive=self._adaptive(contender, row)))

    def _with(self, place: int, row: Row) -> Matrix:
        self._rows[place] = row
        truth = self._base.labels[int(self._goal.index[0])]
        return Matrix(self._request, tuple(self._rows), truth, time.perf_counter() - self._begin)

    def _contender(self, row: Row) -> tuple[_Contender, Row]:
        if row.key == UNDEFENDED:
            return _Contender(self._base, self._base), row
        if row.key.startswith("network:"):
            network = models.load(row.key.partition(":")[2])
            return _Contender(network, network), replace(row, through="The attacker goes straight through it.")
        defense = defenses.registry.get(row.key).configured(self._request.defenses[row.key])
        clean = self._calibration() if defense.needs_clean else None
        contender = _Contender(*defense.both(self._base, clean), defense.kind)
        return contender, replace(row, through=defense.through, title=_titled(defense))

    def _calibration(self) -> Tensor:
        """The samples that the network knows, without the picture itself: held out from everything here."""
        if self._clean_pictures is None:
            pictures = [self._base.prepare(one.picture()) for one in fitting(self._base.labels)]
            others = [one for one in pictures if not torch.equal(one, self._x)]
            self._clean_pictures = torch.cat(others) if others else self._x[:0]
        return self._clean_pictures

    def _timed(self, row: Row, contender: _Contender) -> Row:
        self._tick()
        begin = time.perf_counter()
        with torch.no_grad():
            contender.deployed(self._x)
        seconds = time.perf_counter() - begin
        return replace(row, clean=self._cell(contender, self._x[0]), seconds=seconds, passes=contender.deployed.passes)

    def _attack(
        self,
        asked: Classifier,
        name: str,
        judge: Classifier | None = None,
        *,
        early_stop: bool = False,
        **parameters: int | bool,
    ) -> AttackResult:
        return api.attack(
            asked,
            self._x,
            attacks.registry.get(name).configured(parameters),
            norm=self._request.norm,
            eps=self._request.eps,
            goal=self._goal,
            seed=self._request.seed,
            early_stop=early_stop,
            judge=judge,
            should_stop=self._heard,
        )

    def _heard(self) -> bool:
        self._tick()
        return False

    def _unaware(self, contender: _Contender, unaware: AttackResult) -> Cell:
        if contender.kind is Kind.MASKING:
            # Who follows the usual recipe on it, and does not ask why there is no gradient.
            found = self._attack(contender.deployed, "pgd", steps=self._request.steps, textbook=True)
            return self._given(contender, found, "PGD with the textbook's loss on the model as it is")
        return self._given(contender, unaware, "PGD on the undefended network")

    def _adaptive(self, contender: _Contender, row: Row) -> Cell:
        """By gradient, through or around the defense; then without gradients, if that did not get through."""
        steps = self._request.steps
        if contender.kind is Kind.DETECTOR:
            found = self._attack(
                contender.known, "detector_aware", contender.deployed, steps=steps, rounds=_ROUNDS, early_stop=True
            )
            cell = self._given(contender, found, f"Detector-aware PGD. {row.through}")
            if not cell.reached:
                found = self._attack(
                    contender.known, "detector_aware", contender.deployed, steps=steps, rounds=_ROUNDS, orthogonal=True,
                    early_stop=True,
                )  # fmt: skip
                other = self._given(contender, found, f"Detector-aware PGD at right angles. {row.through}")
                cell = other if other.reached else cell
        else:
            found = self._attack(contender.known, "pgd", contender.deployed, steps=steps)
            cell = self._given(contender, found, f"PGD. {row.through}")
        if cell.reached or contender.deployed.passes > _PATIENCE or contender.deployed.votes > 1:
            return cell
        checked = self._attack(contender.deployed, "square", steps=_QUERIES, early_stop=True)
        other = self._given(
            contender, checked, f"Square, {_QUERIES} queries and no gradient, where PGD did not succeed"
        )
        return (
            other if other.reached else replace(cell, attack=f"{cell.attack} Square with {_QUERIES} queries held too.")
        )

    def _given(self, contender: _Contender, found: AttackResult, attack: str) -> Cell:
        given = give_out(contender.deployed, self._x, found)
        cell = self._cell(contender, given.pixels.to(self._x) / 255)
        return replace(cell, size=given.norms[self._request.norm.value], attack=attack)

    def _cell(self, contender: _Contender, image: Tensor) -> Cell:
        """What the deployed model says of one picture `[C, H, W]`."""
        found = votes(contender.deployed, image.unsqueeze(0))
        pixels = (image * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        says = opinion(contender.deployed, found.shares[0])
        return Cell(pixels, says, bool(found.accepted[0]), bool(found.margin(self._goal)[0] > 0))


def _titled(defense: Defense) -> str:
    """With what is not as usual: “JPEG, quality 50”."""
    fields = type(defense).model_fields
    return ", ".join(
        [defense.title, *(f"{str(fields[name].title).lower()} {value:g}" for name, value in defense.unusual.items())]
    )


def told(cell: Cell | None) -> str:
    """A cell in a few words."""
    if cell is None:
        return "–"
    if not cell.accepted:
        return "rejected"
    return f"{cell.says.label} {percent(cell.says.confidence)}"
