"""The one loop that runs every attack: verdicts, stopping, dropping finished images, the trace."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core import norms, starts
from advlab.core.attack import Access, Attack, Objective
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.memory import in_chunks
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle, GradientOracle, Oracle, ScoreOracle
from advlab.core.result import AttackResult, Trace

_ORACLES: dict[Access, type[Oracle]] = {
    Access.GRADIENT: GradientOracle,
    Access.SCORES: ScoreOracle,
    Access.LABEL: DecisionOracle,
}
# A point found on the boundary may fall on its other side when it is judged in another batch: it is
# then moved outwards along its own line, at most by one percent.
_OUTWARDS = (1e-5, 1e-4, 1e-3, 1e-2)


class _Stopped(Exception):  # noqa: N818 - not an error: somebody pressed Stop
    """Raised between chunks when the run is to stop; there is nothing to restore."""


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    fraction: float  # of the most that it can cost
    step: int
    queries: int  # of the image that asked most
    searching: int  # images still in the search
    fooled: int  # images with a candidate that reached the goal


@dataclass(frozen=True)
class Settings:
    """Everything about a run that is neither the attack's nor the threat model's.

    `early_stop` retires an image at its first confirmed success; otherwise all the work is done and
    the largest margin is kept. Minimal-norm attacks always run to their end.
    """

    seed: int = 0
    early_stop: bool = True
    max_queries: int | None = None
    start: Tensor | None = None
    progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None


class _Verdicts:
    """What the model says, in float32, about the image that each row would give back."""

    def __init__(self, classifier: Classifier, x: Tensor) -> None:
        self._classifier = classifier
        count = len(x)
        self.margin = x.new_full((count,), -torch.inf)
        self.confidence = x.new_zeros(count)
        self.label = torch.zeros(count, dtype=torch.int64, device=x.device)
        self.passes = torch.zeros_like(self.label)

    def judge(self, images: Tensor, rows: Tensor, goal: Goal | None = None) -> Tensor:
        """Ask about `images` for these rows; returns the margins (zeros without a goal)."""
        if len(rows) == 0:
            return self.margin[rows]
        with torch.no_grad():
            (logits,) = in_chunks(len(images), self._classifier, lambda part: (self._classifier(images[part]),))
        self.passes[rows] += 1
        self.confidence[rows], self.label[rows] = logits.softmax(1).max(1)
        if goal is not None:
            self.margin[rows] = goal.take(rows).margin(logits)
        self._logits = logits
        return self.margin[rows]

    def copy_of_clean(self, goal: Goal) -> tuple[Tensor, Tensor, Tensor]:
        """Label, confidence and margin of the clean images, once the goal is known."""
        self.margin = goal.margin(self._logits)
        return self.label.clone(), self.confidence.clone(), self.margin.clone()


def run(
    classifier: Classifier, x: Tensor, attack: Attack, goal: Goal, norm: Norm, eps: Tensor | None, settings: Settings
) -> AttackResult:
    """Run an attack on images `[N, C, H, W]` in [0, 1], already on the classifier's device.

    Args:
        eps: radius `[N]`; None only for minimal-norm attacks.
        goal: unbound; an untargeted goal without classes means the model's own answers.
    """
    begin = time.perf_counter()
    verdicts = _Verdicts(classifier, x)
    everyone = torch.arange(len(x), device=x.device)
    verdicts.judge(x, everyone)
    goal = goal.bind(len(x), len(classifier.labels), verdicts.label)
    label, confidence, margin = verdicts.copy_of_clean(goal)
    already = margin > 0
    search = ~already if eps is None else ~already & (eps > 0)

    start = settings.start
    if start is None and attack.needs_start and goal.targeted and bool(search.any()):
        start, passes = starts.draw(classifier, x, goal, settings.seed)
        verdicts.passes += passes
    trace = Trace()
    oracle: Oracle
    last_told = begin

    def tick(step: int | None = None) -> None:
        nonlocal last_told
        if settings.should_stop is not None and settings.should_stop():
            raise _Stopped
        now = time.perf_counter()
        if settings.progress is not None and (step is not None or now - last_told > 0.2):
            last_told = now
            settings.progress(_progress(oracle, attack, len(trace)))

    oracle = _ORACLES[attack.access](
        classifier, x, goal, norm, eps,
        objective=attack.objective, wanted_margin=attack.wanted_margin, seed=settings.seed,
        max_queries=settings.max_queries, start=start, tick=tick,
    )  # fmt: skip
    retiring = settings.early_stop and attack.objective is Objective.RADIUS
    judged = ~search
    stopped = False
    try:
        oracle.keep(search)
        state = attack.init(oracle) if len(oracle.rows) else None
        while len(oracle.rows):
            finished = attack.done(state) | (oracle.remaining <= 0)
            if retiring:
                confirmed = _confirm(oracle, verdicts, goal)
                judged[oracle.rows[confirmed]] = True
                finished |= confirmed
            if bool(finished.any()):
                oracle.keep(~finished)
                state = state.take(~finished)
            if len(oracle.rows):
                state = attack.step(oracle, state)
                _record(trace, oracle)
                tick(len(trace))
    except _Stopped:
        stopped = True

    rest = (~judged & oracle.best.rank.isfinite()).nonzero().squeeze(1)
    verdicts.judge(oracle.best.image[rest], rest, goal)
    if attack.objective is Objective.MINIMAL:
        _settle(oracle, verdicts, goal, x, rest)
    return _result(oracle, verdicts, (label, confidence, margin), trace, x, goal, eps, already, stopped, begin)


def _confirm(oracle: Oracle, verdicts: _Verdicts, goal: Goal) -> Tensor:
    """Judge the new candidates of the current rows; which rows `[n]` are confirmed successes."""
    confirmed = oracle.best.fresh[oracle.rows]
    rows = oracle.rows[confirmed]
    if len(rows):
        oracle.best.fresh[rows] = False
        confirmed[confirmed.clone()] = verdicts.judge(oracle.best.image[rows], rows, goal) > 0
    return confirmed


def _settle(oracle: Oracle, verdicts: _Verdicts, goal: Goal, x: Tensor, rows: Tensor) -> None:
    """Move minimal candidates that the verifier does not confirm outwards until it does."""
    best = oracle.best
    for share in _OUTWARDS:
        rows = rows[best.size[rows].isfinite() & (verdicts.margin[rows] <= 0)]
        if len(rows) == 0:
            return
        moved = (x[rows] + (best.image[rows] - x[rows]) * (1 + share)).clamp_(0, 1)
        good = verdicts.judge(moved, rows, goal) > 0
        best.image[rows[good]] = moved[good]
        best.size[rows[good]] = norms.size(moved - x[rows], oracle.norm)[good]


def _progress(oracle: Oracle, attack: Attack, step: int) -> Progress:
    most, _ = attack.cost(oracle.max_queries)
    asked = int(oracle.ledger.queries.max())
    return Progress(min(1.0, asked / most), step, asked, len(oracle.rows), int((oracle.best.rank > 0).sum()))


def _record(trace: Trace, oracle: Oracle) -> None:
    trace.queries.append(oracle.ledger.queries.clone())
    trace.gradients.append(oracle.ledger.gradients.clone())
    trace.margin.append(oracle.latest.margin.clone())
    trace.own.append(oracle.latest.own.clone())
    trace.rival.append(oracle.latest.rival.clone())
    trace.size.append(oracle.best.size.clone())


def _result(
    oracle: Oracle,
    verdicts: _Verdicts,
    clean: tuple[Tensor, Tensor, Tensor],
    trace: Trace,
    x: Tensor,
    goal: Goal,
    eps: Tensor | None,
    already: Tensor,
    stopped: bool,  # noqa: FBT001
    begin: float,
) -> AttackResult:
    """Everything recomputed on the very tensor that is returned."""
    adversarial = oracle.best.image
    delta = adversarial - x
    sizes = {norm.value: norms.size(delta, norm) for norm in Norm}
    size = sizes[oracle.norm.value]
    found = (verdicts.margin > 0) & (adversarial.flatten(1).amin(1) >= 0) & (adversarial.flatten(1).amax(1) <= 1)
    success = found if eps is None else found & norms.within(size, eps)
    label, confidence, margin = clean
    return AttackResult(
        adversarial=adversarial,
        success=success,
        already=already,
        label_before=label,
        label_after=verdicts.label,
        confidence_before=confidence,
        confidence_after=verdicts.confidence,
        margin_before=margin,
        margin_after=verdicts.margin,
        norms=sizes,
        distance=torch.where(found, size, torch.inf),
        queries=oracle.ledger.queries,
        gradients=oracle.ledger.gradients,
        verifications=verdicts.passes,
        zero_gradients=oracle.ledger.zero_gradients,
        trace=trace,
        stopped=stopped,
        goal=goal,
        norm=oracle.norm,
        eps=eps,
        seconds=time.perf_counter() - begin,
    )

