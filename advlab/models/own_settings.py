"""What somebody says about weights of their own, checked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from advlab.core.classifier import Preprocessing, Size
from advlab.errors import ParameterError
from advlab.models import architectures
from advlab.models.labels import distinct

_MOST_CLASSES = 100_000
_SHORTEST, _LONGEST = 8, 1024


@dataclass(frozen=True)
class Settings:
    """What makes the same weights another model; part of its name."""

    architecture: str
    labels: tuple[str, ...]
    input_size: Size
    preprocessing: Preprocessing
    title: str

    @classmethod
    def checked(
        cls,
        architecture: str,
        labels: Sequence[str] | int,
        *,
        input_size: Size,
        mean: Sequence[float] | None,
        std: Sequence[float] | None,
        crop: float,
        title: str,
    ) -> Self:
        """The settings, from what `add_own` is given.

        Raises:
            ParameterError: one of them cannot be.
        """
        architectures.split(architecture)
        size = _size(input_size)
        how = Preprocessing(_channels("mean", mean, size[0]), _channels("std", std, size[0]), crop)
        if how.std is not None and min(how.std) <= 0:
            raise ParameterError("std must be above 0 in every channel.")
        if not 0.1 <= crop <= 1:
            raise ParameterError(f"crop is the share of the picture that is kept, from 0.1 to 1, not {crop}.")
        return cls(architecture, _names(labels), size, how, " ".join(title.split())[:80] or "Your model")

    @property
    def sentence(self) -> str:
        """What they say, for people."""
        channels, height, width = self.input_size
        first = ", ".join(self.labels[:3])
        more = f" and {len(self.labels) - 3:,} more" if len(self.labels) > 3 else ""
        colours = "colour" if channels == 3 else "grey"
        return (
            f"{self.architecture}; {len(self.labels):,} classes: {first}{more}; {colours} pictures of "
            f"{width} × {height} pixels; {self.normalisation}."
        )

    @property
    def normalisation(self) -> str:
        """Mean and standard deviation, for people."""
        parts = {"mean": self.preprocessing.mean, "std": self.preprocessing.std}
        said = (f"{name} {' '.join(f'{v:g}' for v in values)}" for name, values in parts.items() if values)
        return ", ".join(said) or "values as they are, in [0, 1]"


def _names(labels: Sequence[str] | int) -> tuple[str, ...]:
    count = labels if isinstance(labels, int) else len(labels)
    if not 2 <= count <= _MOST_CLASSES:
        raise ParameterError(f"A classifier has from 2 to {_MOST_CLASSES:,} classes, not {count}.")
    return distinct([f"class {index}" for index in range(count)] if isinstance(labels, int) else list(labels))


def _size(size: Size) -> Size:
    if len(size) != 3 or size[0] not in {1, 3} or not all(_SHORTEST <= side <= _LONGEST for side in size[1:]):
        shape = " × ".join(map(str, size))
        raise ParameterError(
            f"The input has 1 or 3 channels and sides of {_SHORTEST} to {_LONGEST} pixels, "
            f"as in 3 × 224 × 224, not {shape}."
        )
    return size[0], size[1], size[2]


def _channels(what: str, values: Sequence[float] | None, channels: int) -> tuple[float, ...] | None:
    if values is None:
        return None
    if len(values) != channels or not all(math.isfinite(value) and abs(value) <= 1000 for value in values):
        raise ParameterError(f"Give {what} as {channels} numbers, one a channel, for values from 0 to 1.")
    return tuple(float(value) for value in values)
