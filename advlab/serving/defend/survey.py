"""Defenses over a set of pictures, counted row by row."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from advlab import models
from advlab.analysis.ticking import Tick
from advlab.core.classifier import Classifier
from advlab.errors import AdvlabError
from advlab.evaluation.contender import UNDEFENDED, Contender, contender, titled
from advlab.evaluation.ring import Ring
from advlab.evaluation.ruling import Ruling, Word, ruling
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.evaluation.trial import Budget, Trial
from advlab.serving.defend import sets
from advlab.serving.defend.request import SetRequest
from advlab.serving.defend.sets import Brought
from advlab.serving.stopping import last_of

# Other radii that are counted within, in parts of the chosen one.
PARTS = (0.25, 0.5, 2.0)
_QUERIES = 200


@dataclass(frozen=True)
class Survey:
    """What was counted so far.

    Attributes:
        request: what was asked for.
        data: the pictures.
        rows: key and title of each contender, the undefended network first.
        trials: by key, as far as they are.
        problems: by key, why there is none.
        curves: by key, trials within the other radii, by radius.
        now: what is being done.
        done: the share of everything that is done.
        seconds: since it began.
    """

    request: SetRequest
    data: TestSet
    rows: tuple[tuple[str, str], ...]
    trials: Mapping[str, Trial] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    curves: Mapping[str, Mapping[float, Trial]] = field(default_factory=dict)
    now: str = ""
    done: float = 0.0
    seconds: float = 0.0

    def ruling(self, key: str) -> Ruling | None:
        """The verdict on a row whose pictures are all counted."""
        trial, bare = self.trials.get(key), self.trials.get(UNDEFENDED)
        whole = trial is not None and bare is not None and len(trial.fates) == len(bare.fates) == len(self.data)
        return ruling(trial, bare) if whole and trial is not None and bare is not None else None

    @property
    def sentence(self) -> str:
        """What it comes to."""
        judged = {key: found for key, _ in self.rows[1:] if (found := self.ruling(key)) is not None}
        if not judged:
            return "Nothing is decided yet."
        blind = sum(found.word in {Word.HOLDS, Word.UNAWARE, Word.MASKED} for found in judged.values())
        held = sum(found.word is Word.HOLDS for found in judged.values())
        return (
            f"Of {len(judged)} defense{'s' if len(judged) > 1 else ''}, {_some(blind)} against an attack that does not "
            f"know {'them' if blind > 1 else 'it'}, {_some(held)} against one that does."
        )


def _some(count: int) -> str:
    return f"{count or 'none'} help{'' if count > 1 else 's'}"


def survey(
    request: SetRequest,
    brought: Brought | None,
    show: Callable[[Survey], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Survey | None:
    """Count; what is there when somebody stops it, None if there is nothing yet.

    Args:
        request: the question.
        brought: the visitor's pictures; None: drawings.
        show: called with what is known, again and again.
        should_stop: asked often.

    Raises:
        AdvlabError: a sentence, about the request as a whole; a defense's own is in `problems`.
    """
    return last_of(lambda tick: _Counting(request, brought, tick, should_stop).surveys(), show, should_stop)


class _Counting:
    """One survey's work."""

    def __init__(
        self, request: SetRequest, brought: Brought | None, tick: Tick, should_stop: Callable[[], bool]
    ) -> None:
        self._request, self._tick, self._begin = request, tick, time.perf_counter()
        self._running = Running(should_stop=should_stop)
        self._base = models.load(request.model)
        data, self._others = sets.chosen(self._base, request.count, brought)
        self._found = Survey(request, data, tuple((key, titled(key)) for key, _ in request.keys))
        self._ring = self._ring_within(request.eps)
        self._phases = len(request.keys) * (1 + len(PARTS) * request.curve) + (len(request.keys) - 1) * request.check
        self._over = 0

    def _ring_within(self, eps: float) -> Ring:
        request = self._request
        budget = Budget(request.norm, eps, request.steps, request.seed, request.override)
        return Ring(self._base, self._found.data, budget, self._running)

    def surveys(self) -> Iterator[Survey]:
        """What is known, after each batch of pictures."""
        contenders: dict[str, Contender] = {}
        for key, parameters in self._request.keys:
            try:
                contenders[key] = contender(key, self._base, parameters, self._others)
            except AdvlabError as error:
                yield self._with(problems={**self._found.problems, key: str(error)})
                self._over += 1 + len(PARTS) * self._request.curve + self._request.check  # none of it will be
                continue
            for trial in self._ring.meet(contenders[key]):
                share = len(trial.fates) / len(self._found.data)
                yield self._with(contenders[key].title, share, trials={**self._found.trials, key: trial})
            self._tick()
            self._over += 1
        if self._request.check:
            yield from self._checks(contenders)
        if self._request.curve:
            yield from self._curves(contenders)
        yield self._with()

    def _checks(self, contenders: Mapping[str, Contender]) -> Iterator[Survey]:
        twin = models.twin(models.card(self._request.model))
        other: Classifier | None = models.load(twin.name, self._base.device) if twin is not None else None
        for key in contenders:
            if key == UNDEFENDED:
                continue
            yield self._with(f"{contenders[key].title}: other attacks")
            checked = self._ring.check(self._found.trials[key], _QUERIES, other)
            self._tick()
            self._over += 1
            if checked is not None:
                yield self._with(trials={**self._found.trials, key: checked})

    def _curves(self, contenders: Mapping[str, Contender]) -> Iterator[Survey]:
        """Within smaller radii first: what falls there falls within the larger ones."""
        before: dict[str, Trial] = {}
        for part in PARTS:
            eps = part * self._request.eps
            ring = self._ring_within(eps)
            for key, who in contenders.items():
                earlier = before.get(key) if part < 1 else self._found.trials[key]
                for trial in ring.meet(who, earlier):
                    yield self._with(f"{who.title}, another ε", len(trial.fates) / len(self._found.data))
                    before[key] = trial
                self._tick()
                self._over += 1
                own = {**self._found.curves.get(key, {}), eps: before[key]}
                yield self._with(curves={**self._found.curves, key: own})

    def _with(self, now: str = "", share: float = 0.0, **new: object) -> Survey:
        done = min(1.0, (self._over + share) / self._phases)
        seconds = time.perf_counter() - self._begin
        self._found = replace(self._found, now=now, done=done, seconds=seconds, **new)  # type: ignore[arg-type]
        return self._found
