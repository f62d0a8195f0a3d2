"""Which pictures of a split are counted on, and a name for exactly these."""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core.randomness import Noise
from advlab.data.sets import ImageSet
from advlab.errors import InputError, ParameterError


@dataclass(frozen=True)
class TestSet:
    """Labelled pictures to count on.

    Attributes:
        images: `[N, C, H, W]` uint8.
        labels: `[N]` int64, as the network numbers its classes.
        rows: `[N]` int64: their places in the split.
        rule: how they were chosen, for people.
    """

    __test__ = False  # no test of pytest's

    images: Tensor
    labels: Tensor
    rows: Tensor
    rule: str

    def __len__(self) -> int:
        return len(self.labels)

    def floats(self, part: slice) -> Tensor:
        """`[n, C, H, W]` float32 in [0, 1]."""
        return self.images[part].float() / 255

    @property
    def digest(self) -> str:
        """SHA-256 of pixels and labels, in their order."""
        state = hashlib.sha256(repr(tuple(self.images.shape)).encode())
        state.update(self.images.contiguous().numpy().tobytes())
        state.update(self.labels.contiguous().numpy().tobytes())
        return state.hexdigest()


def choose(data: ImageSet, count: int | None = None, *, seed: int = 0) -> TestSet:
    """The first pictures of a split; of one that is ordered by class, the first in a drawn order.

    Args:
        data: the whole split.
        count: how many; all of them where there are fewer, or if left out.
        seed: of the drawn order, which is a function of it and of the size of the split.

    Raises:
        ParameterError: no picture was asked for.
    """
    if count is not None and count < 1:
        raise ParameterError(f"Count on one picture at least, not on {count}.")
    whole = len(data)
    if count is None or count >= whole:
        return TestSet(data.images, data.labels, torch.arange(whole), f"all {whole:,} test pictures")
    rows, rule = _order(data, seed)[:count], f"the first {count:,} of {whole:,} test pictures"
    if in_order_of_classes(data.labels):
        rule = f"{count:,} of {whole:,} test pictures, drawn with seed {seed} (the split is ordered by class)"
    return TestSet(data.images[rows], data.labels[rows], rows, rule)


def apart(data: ImageSet, count: int, rest: int, *, seed: int = 0) -> tuple[TestSet, Tensor]:
    """As `choose`, and up to `rest` other pictures of the split for something else.

    Args:
        data: the whole split.
        count: how many to count on.
        rest: how many others; fewer where there are not so many.
        seed: of the drawn order.

    Returns:
        The set, and the others `[R, C, H, W]` float32 in [0, 1].

    Raises:
        ParameterError: no picture was asked for.
    """
    chosen = choose(data, count, seed=seed)
    others = _order(data, seed)[len(chosen) : len(chosen) + rest]
    return chosen, data.floats(others)


def _order(data: ImageSet, seed: int) -> Tensor:
    if not in_order_of_classes(data.labels):
        return torch.arange(len(data))
    return Noise(torch.tensor([seed])).uniform((len(data),))[0].argsort(stable=True)


def in_order_of_classes(labels: Tensor) -> bool:
    """Whether neighbours share their class much more often than in a shuffled set.

    In a shuffled set two neighbours differ with probability `1 - Σ p²`; half as often is no accident.
    """
    if len(labels) < 2:
        return False
    differ = (labels[1:] != labels[:-1]).double().mean()
    share = labels.bincount().double() / len(labels)
    return bool(differ < (1 - share.square().sum()) / 2)


def as_named(data: ImageSet, labels: tuple[str, ...]) -> ImageSet:
    """The set with its classes numbered as a network numbers them.

    Classes of the same names are matched by name, and classes called by number by that number (a folder
    `10` stands before a folder `2`); others are taken to be in the network's order.

    Raises:
        InputError: the set has other classes.
    """
    theirs = [name.strip().casefold() for name in data.names]
    ours = [name.strip().casefold() for name in labels]
    if theirs == ours:
        return data
    if set(theirs) <= set(ours):
        places = [ours.index(name) for name in theirs]
    elif all(name.isdecimal() and int(name) < len(ours) for name in theirs):
        places = [int(name) for name in theirs]
    elif len(theirs) == len(ours):
        return data
    else:
        raise InputError(
            f"The data has {len(theirs)} classes ({', '.join(data.names[:3])}, …) and the network {len(ours)} "
            f"({', '.join(labels[:3])}, …): give the data that it was made for."
        )
    return ImageSet(data.images, torch.tensor(places)[data.labels], labels)
