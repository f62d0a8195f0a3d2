"""Which attacks made on one network fool others: made row by row, tried on everybody."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from PIL import Image
from torch import Tensor

from advlab import api, attacks, models
from advlab.analysis.ticking import Tick
from advlab.core.classifier import Classifier
from advlab.core.ensemble import ensemble
from advlab.core.rounding import give_out
from advlab.core.settings import Progress
from advlab.core.verdicts import votes
from advlab.serving.blackbox.matrix import TOGETHER, Cell, Transfer
from advlab.serving.blackbox.request import TransferRequest
from advlab.serving.defend import sets
from advlab.serving.defend.sets import Brought
from advlab.serving.lab import taken
from advlab.serving.stopping import last_of

# Pictures that are kept to be looked at; all are counted.
SHOWN = 24


def transfer(
    request: TransferRequest,
    photo: Image.Image | None,
    brought: Brought | None,
    show: Callable[[Transfer], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Transfer | None:
    """Fill the matrix; what is there when somebody stops it, None if there is nothing yet.

    Args:
        request: the question.
        photo: the one picture that is tried, where the request is about one.
        brought: the visitor's set; None: drawings.
        show: called with what is known, again and again.
        should_stop: asked often.

    Raises:
        AdvlabError: a sentence.
    """
    return last_of(lambda tick: _Matrix(request, photo, brought, tick, show, should_stop).rows(), show, should_stop)


class _Matrix:
    """One matrix's work."""

    def __init__(  # noqa: PLR0917 - called once, just above
        self, request: TransferRequest, photo: Image.Image | None, brought: Brought | None, tick: Tick,
        show: Callable[[Transfer], None], should_stop: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._request, self._tick, self._show, self._should_stop = request, tick, show, should_stop
        base = models.load(request.model)
        if request.alone and photo is not None:
            self._x, truth, rule = taken(base, photo, exact=request.exact), None, "the chosen picture"
        else:
            data, _ = sets.chosen(base, request.count, brought)
            self._x, truth, rule = data.floats(slice(None)).to(base.device), data.labels.to(base.device), data.rule
        # Everybody is shown pictures of the model's size, scaled within where they take others.
        self._networks = {name: self._sized(models.load(name, base.device)) for name in request.names}
        self._truth = truth
        self._said = {name: self._answers(network, self._x) for name, network in self._networks.items()}
        first = (self._x[:SHOWN] * 255).round().to(torch.uint8)
        self._found = Transfer(
            request, rule, base.labels, first.permute(0, 2, 3, 1).cpu().numpy(), len(self._x), truth is not None
        )
        self._over = 0

    def _sized(self, network: Classifier) -> Classifier:
        size = models.card(self._request.model).input_size
        return network if network.input_size == size else ensemble([network], input_size=size)

    def _answers(self, network: Classifier, x: Tensor) -> Tensor:
        self._tick()
        return votes(network, x).answer[0]

    def rows(self) -> Iterator[Transfer]:
        """What is known, after each row; of all the others together after each cell."""
        yield self._found
        for name, network in self._networks.items():
            made = self._made(name, network, self._said[name])
            cells = {(name, to): self._cell(made, self._said[name], to) for to in self._networks}
            yield self._with(cells)
        if TOGETHER in self._found.rows:
            for to in self._networks:
                others = ensemble([one for name, one in self._networks.items() if name != to])
                said = self._answers(others, self._x)
                yield self._with({(TOGETHER, to): self._cell(self._made(TOGETHER, others, said), said, to)})

    def _made(self, row: str, source: Classifier, said: Tensor) -> Tensor:
        """The pictures `[N, C, H, W]` that the source gets most wrong, as files hold them."""
        request = self._request
        self._found = replace(self._found, now=row)
        found = api.attack(
            source,
            self._x,
            attacks.registry.get(request.attack).configured(request.parameters),
            norm=request.norm,
            eps=request.eps,
            labels=said if self._truth is None else self._truth,
            seed=request.seed,
            early_stop=False,
            progress=self._told,
            should_stop=self._should_stop,
        )
        self._tick()  # a stopped attack is no row
        rounded = torch.empty_like(self._x)
        for place in range(len(self._x)):
            self._tick()
            rounded[place] = give_out(source, self._x, found, place).pixels.to(self._x) / 255
        return rounded

    def _cell(self, made: Tensor, said: Tensor, to: str) -> Cell:
        label = said if self._truth is None else self._truth
        counted = (said == label) & (self._said[to] == label)
        answers = self._answers(self._networks[to], made)
        pixels = (made[:SHOWN] * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
        return Cell(*(one.cpu().numpy() for one in (counted, answers, counted & (answers != label), pixels)))

    @property
    def _parts(self) -> int:
        """How many times pictures are made."""
        return len(self._networks) * (1 + (TOGETHER in self._found.rows))

    def _told(self, progress: Progress) -> None:
        self._found = replace(self._found, done=(self._over + min(1.0, progress.fraction)) / self._parts)
        self._show(self._found)

    def _with(self, cells: dict[tuple[str, str], Cell]) -> Transfer:
        self._over += 1
        self._found = replace(self._found, cells={**self._found.cells, **cells}, done=self._over / self._parts)
        return self._found
