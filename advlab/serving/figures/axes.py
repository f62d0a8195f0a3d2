"""Lengths on axes: L∞ in 1/255, the others as they are."""

from collections.abc import Mapping

from advlab.core.norms import Norm
from advlab.serving import notes
from advlab.serving.geometry.request import Axis, Direction
from advlab.serving.outcome import Outcome, size


def factor(norm: Norm) -> float:
    """What a length is multiplied by on an axis."""
    return 255.0 if norm is Norm.LINF else 1.0


def unit(norm: Norm) -> str:
    """Said once, beside an axis."""
    return "1/255" if norm is Norm.LINF else f"size of the change, {norm.symbol}"


def length(norm: Norm, value: float, farthest: float) -> str:
    """A distance in words; of an infinite one, how far was looked."""
    return size(norm, value) if value < float("inf") else f"over {size(norm, farthest)}"


def name(
    axis: Axis, norm: Norm, labels: tuple[str, ...], runs: Mapping[str, Outcome], titles: Mapping[str, str]
) -> str:
    """What an axis is, for people.

    Args:
        axis: the axis.
        norm: of its plane.
        labels: of the model's classes.
        runs: the attacks that axes may be of, by name; the first is meant where none is named.
        titles: of the pictures, by name.
    """
    match axis.direction:
        case Direction.ATTACK:
            run = runs.get(axis.of) or next(iter(runs.values()), None)
            return f"the change that {notes.attack(run.request)} found" if run is not None else "an attack's change"
        case Direction.SIGN:
            return "the sign of the gradient"
        case Direction.GRADIENT:
            return "the gradient"
        case Direction.CLASS:
            known = axis.of.isdecimal() and int(axis.of) < len(labels)
            return f"the gradient towards {labels[int(axis.of)] if known else 'a class'}"
        case Direction.PICTURE:
            return f"towards the picture “{titles.get(axis.of, 'another')}”"
    return "random signs" if norm is Norm.LINF else "a random direction"
