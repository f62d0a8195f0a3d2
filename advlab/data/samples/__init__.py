"""Pictures to start with, that are there without a network: photos, and what our own code draws."""

import difflib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from PIL import Image

from advlab.data.samples.base import Sample, SampleSet, place_of, registry
from advlab.errors import ParameterError

__all__ = ["SAMPLES", "Sample", "SampleSet", "again", "fitting", "known", "sample", "suiting", "usual"]

_SETS = sorted(registry.all().values(), key=lambda one: one.place)
SAMPLES: Mapping[str, Sample] = MappingProxyType({sample.name: sample for one in _SETS for sample in one.samples})
# Of each set, as many names as a sentence holds.
_NAMED = 4


def sample(name: str) -> Sample:
    """The sample of this name.

    Raises:
        ParameterError: there is none.
    """
    if name not in SAMPLES:
        near = difflib.get_close_matches(name, SAMPLES, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        raise ParameterError(f"There is no sample picture “{name}”; there are: {known()}.{hint}")
    return SAMPLES[name]


def known(prefix: str = "") -> str:
    """The names for a sentence, the first few of each set; each with a prefix."""
    return "; ".join(
        ", ".join(f"{prefix}{one.name}" for one in group.samples[:_NAMED])
        + (f" and {len(group.samples) - _NAMED} more" if len(group.samples) > _NAMED else "")
        for group in _SETS
    )


def usual() -> tuple[Sample, ...]:
    """The first set: for models of which nobody knows what they know."""
    return _SETS[0].samples


def fitting(labels: Sequence[str]) -> tuple[Sample, ...]:
    """The samples for a model that tells these classes apart; none where it knows nothing of what they show.

    A set of which it knows more comes first: to a model of vehicles and animals, ours of vehicles before the one cat.
    """
    found = [(group, [one for one in group.samples if one.fits(labels)]) for group in _SETS]
    found.sort(key=lambda pair: -len(pair[1]) / len(pair[0].samples))
    return tuple(one for _, samples in found for one in samples)


def suiting(labels: Sequence[str]) -> tuple[Sample, ...]:
    """The samples to offer with a model of these classes: those that fit, or the first set where none does."""
    return fitting(labels) or usual()


def again(labels: Sequence[str], first: int = 1) -> Iterator[tuple[Image.Image, int]]:
    """What our code draws for a model of these classes, drawn anew without end: pictures, and the class of each.

    One of each class, then the next of each; empty where nothing that is drawn fits.

    Args:
        labels: the model's classes.
        first: the number of the first drawing; different ones give different pictures.
    """
    drawn = [(one.again, place_of(one.shows, labels)) for one in fitting(labels) if one.again is not None]
    for number in itertools.count(first) if drawn else ():
        for draw, label in drawn:
            yield draw(number), label
