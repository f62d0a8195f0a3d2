"""Madry et al.'s inner maximum, seen: the loss that many restarts of PGD reach from one picture's ball."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advlab import models
from advlab.analysis.boundary import Array
from advlab.analysis.climbs import climb
from advlab.analysis.ticking import Tick
from advlab.core.norms import Norm
from advlab.serving.geometry.ground import Materials, lay
from advlab.serving.geometry.request import PlaneRequest
from advlab.serving.stopping import last_of

RESTARTS, STEPS = 50, 40


@dataclass(frozen=True)
class Ascent:
    """The climbs so far.

    Attributes:
        model: whose loss it is.
        title: its name for people.
        norm, eps: the ball.
        loss: `[R, T]` of each restart at its start and after each step.
        fooled: whether the class is lost there `[R, T]`.
    """

    model: str
    title: str
    norm: Norm
    eps: float
    loss: Array
    fooled: Array


def ascend(
    request: PlaneRequest,
    materials: Materials,
    eps: float,
    *,
    model: str | None = None,
    show: Callable[[Ascent], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Ascent | None:
    """Climb from the picture of a plane, on its model or on another one with the same classes.

    References:
        Madry, Makelov, Schmidt, Tsipras, Vladu: Towards deep learning models resistant to adversarial attacks,
        ICLR 2018, arXiv 1706.06083, figures 1 and 2.
    """
    return last_of(lambda tick: _climbs(request, materials, eps, model or request.model, tick), show, should_stop)


def _climbs(request: PlaneRequest, materials: Materials, eps: float, model: str, tick: Tick) -> Iterator[Ascent]:
    ground = lay(request, materials)
    classifier, card = models.load(model), models.card(model)
    for state in climb(
        classifier, ground.plane.origin, ground.clean, norm=request.norm, eps=eps, restarts=RESTARTS, steps=STEPS,
        seed=request.seed, tick=tick,
    ):  # fmt: skip
        loss, fooled = state.loss.cpu().numpy(), state.fooled.cpu().numpy()
        yield Ascent(model, card.title, request.norm, eps, loss, fooled)
