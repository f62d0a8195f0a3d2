"""The autopsy of a defended network, and a certificate against attacks, on a page's pictures."""

from collections.abc import Callable, Iterator

from advlab import models
from advlab.analysis.ticking import Tick
from advlab.core.smoothing import Smoothing
from advlab.evaluation.autopsy import Autopsy, examine
from advlab.evaluation.contender import contender
from advlab.evaluation.envelope import Envelope, enclose
from advlab.evaluation.running import Running
from advlab.evaluation.trial import Budget
from advlab.serving.defend import sets
from advlab.serving.defend.request import AutopsyRequest, EnvelopeRequest
from advlab.serving.defend.sets import Brought
from advlab.serving.stopping import last_of

# L2 radii of the attacks, in units of σ.
_RADII = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0)


def autopsy(
    request: AutopsyRequest,
    brought: Brought | None,
    show: Callable[[Autopsy], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Autopsy | None:
    """What hides the gradient; what is there when somebody stops it.

    Raises:
        AdvlabError: a sentence.
    """

    def work(tick: Tick) -> Iterator[Autopsy]:
        base = models.load(request.model)
        data, others = sets.chosen(base, request.count, brought)
        tick()
        who = contender(request.who, base, request.parameters, others)
        budget = Budget(request.norm, request.eps, request.steps, request.seed)
        yield from examine(who, data, budget, Running(should_stop=should_stop))

    return last_of(work, show, should_stop)


def envelope(
    request: EnvelopeRequest,
    brought: Brought | None,
    show: Callable[[Envelope], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Envelope | None:
    """Both curves; what is there when somebody stops it.

    Raises:
        AdvlabError: a sentence.
    """

    def work(tick: Tick) -> Iterator[Envelope]:
        base = models.load(request.model)
        data, _ = sets.chosen(base, request.count, brought)
        tick()
        who = contender("randomized_smoothing", base, {"sigma": request.sigma})
        smoothing = Smoothing(request.sigma, request.draws, alpha=request.alpha, seed=request.seed)
        radii = [one * request.sigma for one in _RADII]
        yield from enclose(who, data, smoothing, radii, steps=request.steps, running=Running(should_stop=should_stop))

    return last_of(work, show, should_stop)
