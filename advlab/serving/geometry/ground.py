"""From a request to a plane that a model can be asked about."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from advlab import models
from advlab.analysis import directions
from advlab.analysis.plane import Plane
from advlab.core.classifier import Classifier
from advlab.core.norms import Norm
from advlab.errors import InputError, ParameterError
from advlab.serving.geometry.request import Axis, Direction, PlaneRequest
from advlab.serving.lab import taken
from advlab.serving.outcome import Outcome


@dataclass(frozen=True)
class Materials:
    """What a request refers to by name.

    Attributes:
        picture: the origin.
        others: pictures that axes lead to, by their names.
        runs: attacks whose changes are axes, by their names; the first one is meant where no name is given.
    """

    picture: Image.Image
    others: Mapping[str, Image.Image] = field(default_factory=dict)
    runs: Mapping[str, Outcome] = field(default_factory=dict)

    def run(self, name: str) -> Outcome:
        """The run of this name.

        Raises:
            InputError: it is not at hand.
        """
        found = self.runs.get(name) if name else next(iter(self.runs.values()), None)
        if found is None:
            raise InputError("There is no attack on this picture yet: run one in the Attack Lab first.")
        return found


@dataclass(frozen=True)
class Ground:
    """A plane through a picture.

    Attributes:
        classifier: the model that made it.
        plane: the plane; its origin is the picture.
        clean: the index of that model's answer to the origin.
    """

    classifier: Classifier
    plane: Plane
    clean: int


def lay(request: PlaneRequest, materials: Materials) -> Ground:
    """The plane of a request.

    Raises:
        AdvlabError: something it refers to is not there, or both axes are one line.
    """
    classifier = models.load(request.model)
    origin = taken(classifier, materials.picture, exact=request.exact)[0]
    with torch.no_grad():
        clean = int(classifier(origin.unsqueeze(0)).argmax())
    compass = _Compass(request, materials, classifier, origin, clean)
    first, second = (compass.point(axis, draw) for draw, axis in enumerate(request.axes))
    return Ground(classifier, Plane.through(origin, first, second, request.norm), clean)


def change(outcome: Outcome, like: Tensor) -> Tensor:
    """What an attack added to a picture `[C, H, W]`.

    Raises:
        InputError: it was another size of picture, so another model's.
    """
    found = torch.from_numpy(np.ascontiguousarray(outcome.unrounded)).to(like)
    clean = pixels(outcome.clean, like)
    if clean.shape != like.shape or not torch.equal(clean, like):
        raise InputError("That attack was on another picture than the one of this plane: run it again on this one.")
    return found - clean


def pixels(image: np.ndarray, like: Tensor) -> Tensor:
    """A picture `[H, W, C]` uint8 as `[C, H, W]` in [0, 1], where `like` is."""
    return (torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255).to(like)


@dataclass(frozen=True)
class _Compass:
    """Turns the axes of a request into directions `[C, H, W]`."""

    request: PlaneRequest
    materials: Materials
    classifier: Classifier
    origin: Tensor
    clean: int

    def point(self, axis: Axis, draw: int) -> Tensor:
        match axis.direction:
            case Direction.ATTACK:
                return change(self.materials.run(axis.of), self.origin)
            case Direction.RANDOM:
                return directions.random(self.origin, self.request.seed, draw, signs=self.request.norm is Norm.LINF)
            case Direction.CLASS:
                return directions.towards(self.classifier, self.origin, self._class(axis))
            case Direction.PICTURE:
                return self._towards(axis.of)
        gradient = directions.away(self.classifier, self.origin, self.clean)
        return gradient.sign() if axis.direction is Direction.SIGN else gradient

    def _towards(self, name: str) -> Tensor:
        if name not in self.materials.others:
            raise InputError("The picture that an axis leads to is not at hand: choose another one.")
        return taken(self.classifier, self.materials.others[name], exact=name.startswith("exact:"))[0] - self.origin

    def _class(self, axis: Axis) -> int:
        if not axis.of.isdecimal() or int(axis.of) >= len(self.classifier.labels):
            raise ParameterError("There is no such class: choose the class that the axis leads to.")
        return int(axis.of)
