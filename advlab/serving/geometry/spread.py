"""Random directions against the adversarial one: how far the boundary is, and what the loss does on the way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from advlab.analysis import directions
from advlab.analysis.boundary import Array
from advlab.analysis.rays import Rays
from advlab.analysis.readings import Reader
from advlab.analysis.ticking import Tick
from advlab.core import norms
from advlab.core.norms import Norm
from advlab.serving.geometry.ground import Ground, Materials, lay
from advlab.serving.geometry.request import PlaneRequest
from advlab.serving.stopping import last_of

# Distances at which the loss is read, and random directions whose loss is drawn.
_POINTS, _LINES = 41, 20
# Random directions that are searched at once; distances that each is first asked about.
_AT_ONCE, _CROSSINGS = 10, 48


@dataclass(frozen=True)
class Spread:
    """Distances in the norm of the request; infinite where there is no boundary within `reach`.

    Attributes:
        request: the plane whose axis across is the adversarial direction.
        clean: name of the clean class.
        reach: how far was looked.
        adversarial: distance along the axis across.
        random: distances along random directions; more of them as they are found.
        wanted: how many there will be.
        line: distances `[T]` at which the loss was read, up to the plane's reach.
        climb: the loss along the axis across `[T]`.
        wander: along random directions `[L, T]`.
    """

    request: PlaneRequest
    clean: str
    reach: float
    adversarial: float
    random: tuple[float, ...]
    wanted: int
    line: Array
    climb: Array
    wander: Array

    @property
    def typical(self) -> float:
        """The median distance along random directions; infinite where most meet no boundary."""
        return float(np.median(self.random)) if self.random else float("nan")

    @property
    def times(self) -> float:
        """How many times as far the boundary is in a typical random direction; at least that, if it was not met."""
        return min(self.typical, self.reach) / self.adversarial

    @property
    def met(self) -> int:
        """How many random directions meet a boundary within reach."""
        return int(np.isfinite(self.random).sum())


def compare(
    request: PlaneRequest,
    materials: Materials,
    count: int,
    show: Callable[[Spread], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Spread | None:
    """Look along `count` random directions, and along the axis across.

    Random ones are of the same size in the norm: corners of the ball for L∞, Gaussian ones otherwise. The search
    goes on to where the farthest pixel has changed by all of its range, since there is nothing beyond.
    """
    return last_of(lambda tick: _found(request, materials, count, tick), show, should_stop)


def _found(request: PlaneRequest, materials: Materials, count: int, tick: Tick) -> Iterator[Spread]:
    """The adversarial direction, then some random ones more at a time."""
    ground = lay(request, materials)
    reader = Reader(ground.classifier, ground.clean, clip=True, tick=tick)
    found = _adversarial(request, ground, reader, count)
    yield found
    while (done := len(found.random)) < count:
        ways = _random(request, ground, range(done, min(done + _AT_ONCE, count)))
        far = Rays(reader, ground.plane.origin, ways).boundary(found.reach, _CROSSINGS)
        found = replace(found, random=(*found.random, *far.tolist()))
        yield found


def _adversarial(request: PlaneRequest, ground: Ground, reader: Reader, count: int) -> Spread:
    origin, across = ground.plane.origin, ground.plane.axes[:1]
    ways = torch.cat([across, _random(request, ground, range(min(_LINES, count)))])
    line = torch.linspace(0, request.reach, _POINTS, dtype=torch.float64)
    loss = Rays(reader, origin, ways).along(line).loss.cpu().numpy()
    # In L∞ every pixel is at its limit after a change of 1; in the others a typical random direction is as far then.
    typical = _random(request, ground, range(1))
    reach = float(1 / norms.size(typical, Norm.LINF)[0]) if request.norm is not Norm.LINF else 1.0
    adversarial = float(Rays(reader, origin, across).boundary(max(reach, request.reach), 256)[0])
    clean = ground.classifier.labels[ground.clean]
    return Spread(request, clean, reach, adversarial, (), count, line.numpy(), loss[0], loss[1:])


def _random(request: PlaneRequest, ground: Ground, draws: range) -> torch.Tensor:
    """Directions of size 1 in the norm; none of them is an axis of the plane, whose draws are 0 and 1."""
    origin = ground.plane.origin
    ways = torch.stack(
        [directions.random(origin, request.seed, 2 + draw, signs=request.norm is Norm.LINF) for draw in draws]
    )
    return ways / norms.per_image(norms.size(ways, request.norm), ways)
