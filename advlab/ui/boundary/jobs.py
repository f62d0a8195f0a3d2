"""The page's work: slices for one or two models, what a click asks for, and what other views need."""

from advlab.serving.geometry import ascent, landscape, point, spread
from advlab.serving.geometry.ground import Materials
from advlab.serving.geometry.point import Point
from advlab.serving.geometry.request import PlaneRequest
from advlab.serving.jobs import Job
from advlab.ui import work
from advlab.ui.boundary.controls import Choice
from advlab.ui.tasks import Task


def slices(choice: Choice) -> dict[str, Task]:
    """The slice that the controls say, for each model."""
    request = choice.request
    if request is None:
        return {}
    return {model: _slice(request, choice.materials, model, choice.digests) for model in choice.models}


def _slice(request: PlaneRequest, made_of: Materials, model: str, digests: tuple[str, ...]) -> Task:
    return Task(
        request.key(*digests, "slice", model),
        lambda job: landscape.draw(request, made_of, job.show, job.stopping, model=model),
    )


def spreads(choice: Choice, count: int) -> dict[str, Task]:
    """Random directions against the axis across."""
    request, made_of = choice.request, choice.materials
    if request is None:
        return {}
    key = request.key(*choice.digests, f"spread {count}")
    return {"spread": Task(key, lambda job: spread.compare(request, made_of, count, job.show, job.stopping))}


def ascents(choice: Choice, eps: float) -> dict[str, Task]:
    """Restarts of PGD on each model."""
    request = choice.request
    if request is None:
        return {}
    return {model: _ascent(request, choice.materials, model, eps, choice.digests) for model in choice.models}


def _ascent(request: PlaneRequest, made_of: Materials, model: str, eps: float, digests: tuple[str, ...]) -> Task:
    return Task(
        request.key(*digests, f"ascent {eps!r}", model),
        lambda job: ascent.ascend(request, made_of, eps, model=model, show=job.show, should_stop=job.stopping),
    )


def point_of(choice: Choice, position: tuple[float, float]) -> Job[Point] | None:
    """The picture at a position, and what the models say of it."""
    request, made_of, models = choice.request, choice.materials, choice.models
    if request is None:
        return None
    key = request.key(*choice.digests, "point", *models, repr(position))
    return work.extras().submit(key, work.person(), lambda _: point.visit(request, made_of, position, models[1:]))
