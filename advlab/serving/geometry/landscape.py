"""What a model answers in a plane, with everything that is drawn over it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from advlab import models
from advlab.analysis.boundary import Array, Explorer, Slice
from advlab.analysis.plane import Plane
from advlab.analysis.rays import Rays
from advlab.analysis.readings import Reader
from advlab.analysis.ticking import Tick
from advlab.core.classifier import Classifier
from advlab.errors import InputError
from advlab.serving.geometry.ground import Ground, Materials, lay, pixels
from advlab.serving.geometry.request import Direction, PlaneRequest
from advlab.serving.notes import title
from advlab.serving.outcome import Outcome
from advlab.serving.stopping import last_of

# Distances along the axes are looked for so many times as far as the slice reaches, at so many points at first.
_FARTHER, _POINTS = 4, 128


@dataclass(frozen=True)
class Path:
    """The way of an attack, seen in the plane.

    Attributes:
        name: the attack in a few words.
        positions: of the frames of its film `[T, 2]`, the picture that was given out last.
        off: in the plane's norm, how far each is from the plane `[T]`.
        label: what the model says to the last one.
    """

    name: str
    positions: Array
    off: Array
    label: str


@dataclass(frozen=True)
class Landscape:
    """A slice, and what is drawn over it; positions are in the plane's norm.

    Attributes:
        request: what was asked for.
        model: who answers; another one than the request's for a model beside it.
        title: its name for people.
        clean: index of the class whose margin, probability and loss are read.
        answer: index of what this model answers at the origin.
        names: of all classes in the slice, by index; the clean one among them.
        slice: the grid.
        ball: its edge `[P, 2]`, or None.
        box: the edge of what is a picture `[P, 2]`, where pixels are not clipped.
        paths: of the attacks that the axes are of.
        distances: to the boundary along across, against it, along up, against it; None until the slice is complete.
            Infinite: none up to `farthest`.
        farthest: up to where they were looked for.
        seconds: that it took.
    """

    request: PlaneRequest
    model: str
    title: str
    clean: int
    answer: int
    names: dict[int, str]
    slice: Slice
    ball: Array | None
    box: Array | None
    paths: tuple[Path, ...]
    distances: tuple[float, ...] | None
    farthest: float
    seconds: float

    @property
    def wrong(self) -> bool:
        """Whether this model answers another class at the origin than the one that is looked at."""
        return self.answer != self.clean

    def share(self, index: int) -> float:
        """The part of the slice in which this class is answered."""
        return float((self.slice.index == index).mean())


def draw(
    request: PlaneRequest,
    materials: Materials,
    show: Callable[[Landscape], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    *,
    model: str | None = None,
) -> Landscape | None:
    """Ask about a plane, coarsely at first.

    Args:
        request: the plane.
        materials: what it is made of.
        show: called with each level.
        should_stop: asked often; what is there then is returned, None if there is nothing yet.
        model: who answers, if not the model that made the plane; it has to see pictures of the same size.

    Raises:
        AdvlabError: a sentence for people.
    """
    return last_of(lambda tick: _levels(request, materials, model or request.model, tick), show, should_stop)


def _levels(request: PlaneRequest, materials: Materials, model: str, tick: Tick) -> Iterator[Landscape]:
    """Each level of the slice; then the whole, with the distances along its axes."""
    begin = time.perf_counter()
    ground = lay(request, materials)
    classifier = ground.classifier if model == request.model else _other(model, ground)
    reader = Reader(classifier, ground.clean, request.clip, tick)
    land = _blank(request, ground, classifier, model, materials)
    for level in Explorer(reader, ground.plane).explore(request.reach, request.resolution):
        names = {int(k): classifier.labels[k] for k in (*np.unique(level.index), ground.clean, land.answer)}
        land = replace(land, slice=level, names=names, seconds=time.perf_counter() - begin)
        yield land
    ways = torch.stack([sign * axis for axis in ground.plane.axes for sign in (1, -1)])
    found = Rays(reader, ground.plane.origin, ways).boundary(land.farthest, _POINTS)
    yield replace(land, distances=tuple(found.tolist()), seconds=time.perf_counter() - begin)


def _other(model: str, ground: Ground) -> Classifier:
    classifier = models.load(model)
    same = classifier.labels == ground.classifier.labels and classifier.input_size == ground.classifier.input_size
    if not same:
        raise InputError(
            f"{models.card(model).title} sees other pictures or tells other things apart: only models with the same "
            "classes and the same size of picture can be shown in one plane."
        )
    return classifier


def _blank(request: PlaneRequest, ground: Ground, who: Classifier, model: str, materials: Materials) -> Landscape:
    """All but the answers."""
    plane = ground.plane
    with torch.no_grad():
        answer = int(who(plane.origin.unsqueeze(0)).argmax())
    runs = [materials.run(axis.of) for axis in request.axes if axis.direction is Direction.ATTACK]
    return Landscape(
        request=request,
        model=model,
        title=models.card(model).title,
        clean=ground.clean,
        answer=answer,
        names={},
        slice=Slice(np.empty(0), np.empty((0, 0), int), {}, np.empty((0, 0), bool)),
        ball=None if request.eps is None else plane.outline(request.eps).cpu().numpy(),
        box=None if request.clip else plane.box().cpu().numpy(),
        paths=tuple(_path(run, plane) for run in runs),
        distances=None,
        farthest=_FARTHER * request.reach,
        seconds=0.0,
    )


def _path(run: Outcome, plane: Plane) -> Path:
    frames = [*run.film.frames, run.adversarial]
    positions, off = plane.locate(torch.stack([pixels(frame, plane.origin) for frame in frames]))
    return Path(title(run.request), positions.cpu().numpy(), off.cpu().numpy(), run.after.label)
