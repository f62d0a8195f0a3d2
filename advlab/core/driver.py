"""The one loop that runs every attack: verdicts, stopping, dropping finished images, the trace."""

import time
from dataclasses import replace

import torch
from torch import Tensor

from advlab.core import norms, starts
from advlab.core.attack import Access, Attack, Objective, State, StepwiseAttack
from advlab.core.classifier import Classifier
from advlab.core.film import Film
from advlab.core.goals import Goal
from advlab.core.memory import keep_freed
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle, GradientOracle, Oracle, ScoreOracle
from advlab.core.program import Program, in_sequence
from advlab.core.result import AttackResult, Trace
from advlab.core.settings import Progress, Settings
from advlab.core.verdicts import Verdicts

_ORACLES: dict[Access, type[Oracle]] = {
    Access.GRADIENT: GradientOracle,
    Access.SCORES: ScoreOracle,
    Access.LABEL: DecisionOracle,
}
# A point found on the boundary may fall on its other side when it is judged in another batch or layout:
# it is moved outwards along its own line, by little more than one percent at most.
_OUTWARDS = (1e-5, 1e-4, 1e-3, 1e-2)


class _Stopped(Exception):  # noqa: N818 - not an error: somebody pressed Stop
    """Raised between chunks when the run is to stop; there is nothing to restore."""


def run(
    classifier: Classifier,
    x: Tensor,
    attack: Attack,
    *,
    goal: Goal,
    norm: Norm,
    eps: Tensor | None,
    settings: Settings,
    judge: Classifier | None = None,
) -> AttackResult:
    """Run an attack on images `[N, C, H, W]` in [0, 1] that are on the classifier's device.

    The attacker asks the classifier; the verdict is the judge's, if there is one: the network that a substitute
    stands for, or the defended one whose answers are too rough to climb.

    `goal` is unbound: an untargeted one without classes means the model's own answers. `eps` `[N]` may
    be None for minimal-norm attacks only.
    """
    if x.device.type == "cpu":
        keep_freed()
    match attack:
        case StepwiseAttack():
            return _Run(classifier, x, attack, goal, norm, eps, settings, judge or classifier).result()
        case Program():
            return _run_program(classifier, x, attack, goal, norm, eps, settings, judge or classifier)
        case _:
            raise TypeError(f"{type(attack).__name__} is neither a StepwiseAttack nor a Program.")


def _run_program(  # noqa: PLR0917 - called once, just above
    classifier: Classifier, x: Tensor, program: Program, goal: Goal, norm: Norm, eps: Tensor | None, settings: Settings,
    judge: Classifier,
) -> AttackResult:  # fmt: skip
    bound = goal
    total = len(program.members(norm))

    def member(place: int, attack: Attack, rows: Tensor | None, budget: int | None) -> AttackResult:
        nonlocal bound
        chosen = slice(None) if rows is None else rows
        tell = settings.progress
        own = replace(
            settings,
            seed=(settings.seed + place) % 2**63,  # not the same starts in every member
            inside_is_enough=settings.early_stop,
            max_queries=budget,
            start=None if settings.start is None else settings.start[chosen],
            progress=tell and (lambda p: tell(replace(p, fraction=(place + p.fraction) / total))),
        )
        part = run(
            classifier, x[chosen], attack, goal=goal if rows is None else bound.take(rows), norm=norm,
            eps=None if eps is None else eps[chosen], settings=own, judge=judge,
        )  # fmt: skip
        if rows is None:
            bound = part.goal
        return part

    return in_sequence(program, classifier, x, norm, settings.max_queries, member)


class _Run:
    """One run: the state that the loop and the verifier share."""

    def __init__(  # noqa: PLR0917 - called once, just above
        self,
        classifier: Classifier,
        x: Tensor,
        attack: StepwiseAttack,
        goal: Goal,
        norm: Norm,
        eps: Tensor | None,
        settings: Settings,
        judge: Classifier,
    ) -> None:
        self.begin = self.last_told = time.perf_counter()
        self.classifier, self.x, self.attack, self.settings, self.eps = classifier, x, attack, settings, eps
        self.verdicts = Verdicts(judge, x)
        votes = self.verdicts.judge(x, torch.arange(len(x), device=x.device))
        self.goal = goal.bind(len(x), len(classifier.labels), self.verdicts.label)
        self.verdicts.margin = votes.margin(self.goal)
        self.before = self.verdicts.snapshot()
        self.already = self.verdicts.margin > 0
        self.search = ~self.already if eps is None else ~self.already & (eps > 0)
        self.trace = Trace()
        self.film = Film(settings.frames) if settings.frames else None
        self.stopped = False
        self.oracle: Oracle = _ORACLES[attack.access](
            classifier,
            x,
            self.goal,
            norm,
            torch.full((len(x),), torch.inf, device=x.device, dtype=x.dtype) if eps is None else eps,
            objective=attack.objective,
            wanted_margin=attack.wanted_margin,
            seed=settings.seed,
            max_queries=settings.max_queries,
            start=settings.start,
            tick=self._tick,
            filmed=self.film is not None,
            extra_loss=settings.extra_loss,
            service=settings.service,
        )

    def _draw_start(self) -> None:
        """Draw the pictures to walk from, for targeted attacks that need one and were given none."""
        rows = self.search.nonzero().squeeze(1)
        if self.settings.start is not None or not (self.attack.needs_start and self.goal.targeted and len(rows)):
            return
        start, passes = self.x.clone(), torch.zeros_like(rows)
        try:
            start[rows] = starts.draw(
                self.classifier, self.x[rows], self.goal.take(rows), self.settings.seed, passes=passes, tick=self._tick
            )
        finally:  # Stop may be heard on the way
            self.verdicts.passes[rows] += passes
        self.oracle.start_from(start)

    def _tick(self) -> None:
        """Between chunks of work: hear Stop, and tell how far we are about five times a second."""
        if self.settings.should_stop is not None and self.settings.should_stop():
            raise _Stopped
        if time.perf_counter() - self.last_told > 0.2:
            self._tell()

    def _tell(self) -> None:
        if self.settings.progress is None:
            return
        self.last_told = time.perf_counter()
        most, _ = self.attack.cost(self.oracle.max_queries)
        asked = int(self.oracle.ledger.queries.max())
        best = self.oracle.best
        fooled, size = int((best.rank > 0).sum()), float(best.size[0])
        rows = len(self.oracle.rows)
        self.settings.progress(Progress(min(1.0, asked / most), len(self.trace), asked, rows, fooled, size))

    def result(self) -> AttackResult:
        """Search, judge what was found, and recompute everything on what is returned."""
        judged = ~self.search
        try:
            self._loop(judged)
        except _Stopped:
            self.stopped = True
        best = self.oracle.best
        rows = (~judged & ~best.rank.isneginf()).nonzero().squeeze(1)
        self._judge(best.image[rows], rows)
        if self.attack.objective is Objective.MINIMAL:
            self._settle(rows)
        return self._assemble()

    def _loop(self, judged: Tensor) -> None:
        """Step until no row is left; rows that the verifier has confirmed are marked in `judged`."""
        o = self.oracle
        minimal = self.attack.objective is Objective.MINIMAL
        retiring = self.settings.inside_is_enough if minimal else self.settings.early_stop
        self._draw_start()
        o.keep(self.search)
        if len(o.rows) == 0:
            return
        state: State = self.attack.init(o)
        if bool(o.ledger.queries.any()):
            self._record()
        self._tell()
        while True:
            finished = self.attack.done(state) | (o.remaining <= 0)
            if retiring:
                confirmed = self._confirm()
                judged[o.rows[confirmed]] = True
                finished |= confirmed
            if bool(finished.any()):
                o.keep(~finished)
                state = state.take(~finished)
            if len(o.rows) == 0:
                return
            state = self.attack.step(o, state)
            self._record()
            self._tell()

    def _judge(self, images: Tensor, rows: Tensor) -> Tensor:
        """Margins `[r]` of images that these rows would give back, by the verifier."""
        if len(rows):
            self.verdicts.margin[rows] = self.verdicts.judge(images, rows).margin(self.goal.take(rows))
        return self.verdicts.margin[rows]

    def _confirm(self) -> Tensor:
        """Judge the new candidates of the current rows; which rows `[n]` are confirmed successes."""
        best, rows = self.oracle.best, self.oracle.rows
        new = best.fresh[rows]
        if not bool(new.any()):
            return new
        confirmed = new & norms.within(best.size[rows], self.oracle.eps)
        fresh = rows[confirmed]
        best.fresh[fresh] = False
        confirmed[confirmed.clone()] = self._judge(best.image[fresh], fresh) > 0
        return confirmed

    def _settle(self, rows: Tensor) -> None:
        """Move minimal candidates outwards until the verifier confirms them by more than rounding."""
        best = self.oracle.best
        rows = rows[best.size[rows].isfinite()]
        first, confirmed = best.image[rows], self.verdicts.margin[rows] > 0
        left = torch.arange(len(rows), device=rows.device)
        for share in _OUTWARDS:
            left = left[self.verdicts.margin[rows[left]] <= self.verdicts.rounding[rows[left]]]
            row = rows[left]
            clean = self.x[row]
            moved = (clean + (best.image[row] - clean) * (1 + share)).clamp_(0, 1)
            self._judge(moved, row)
            best.image[row] = moved  # also where it failed: what is said is about the image given out
        # Out of a narrow region the moves lead out again: then what was confirmed before them, by however little.
        left = left[confirmed[left] & (self.verdicts.margin[rows[left]] <= 0)]
        self._judge(first[left], rows[left])
        best.image[rows[left]] = first[left]

    def _record(self) -> None:
        o, trace = self.oracle, self.trace
        trace.queries.append(o.ledger.queries.clone())
        trace.gradients.append(o.ledger.gradients.clone())
        trace.margin.append(o.latest.margin.clone())
        trace.own.append(o.latest.own.clone())
        trace.rival.append(o.latest.rival.clone())
        trace.size.append(o.best.size.clone())
        if self.film is not None:
            self.film.add(len(trace) - 1, o.seen[0])

    def _assemble(self) -> AttackResult:
        o, verdicts, before = self.oracle, self.verdicts, self.before
        adversarial = o.best.image
        delta = adversarial - self.x
        sizes = {norm.value: norms.size(delta, norm) for norm in Norm}
        size = sizes[o.norm.value]
        low, high = adversarial.flatten(1).amin(1), adversarial.flatten(1).amax(1)
        found = (verdicts.margin > 0) & (low >= 0) & (high <= 1)
        success = found if self.eps is None else found & norms.within(size, self.eps)
        return AttackResult(
            adversarial=adversarial,
            success=success,
            already=self.already,
            label_before=before.label,
            label_after=verdicts.label,
            confidence_before=before.confidence,
            confidence_after=verdicts.confidence,
            margin_before=before.margin,
            margin_after=verdicts.margin,
            norms=sizes,
            distance=torch.where(found, size, torch.inf),
            queries=o.ledger.queries,
            gradients=o.ledger.gradients,
            verifications=verdicts.passes,
            zero_gradients=o.ledger.zero_gradients,
            trace=self.trace,
            film=self.film,
            stopped=self.stopped,
            goal=self.goal,
            norm=o.norm,
            eps=self.eps,
            seconds=time.perf_counter() - self.begin,
        )
