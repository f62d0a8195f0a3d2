"""How alike two explanations are: in their ranking, in their most important places, and to the eye."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from advlab.analysis.attribution import Attribution
from advlab.errors import InputError, ParameterError

_PERCENTILE = 98


@dataclass(frozen=True)
class Likeness:
    """Three ways in which two explanations can agree. They need not: that is why there are three.

    Attributes:
        rank: Spearman's correlation over places, from -1 to 1, 0 by chance; None where a map is the same everywhere.
        overlap: which part of the most important places is the same, from 0 to 1; None where a map is the same
            everywhere, so that no place is more important than another.
        chance: the overlap that two maps without anything in common have in the mean.
        ssim: structural similarity of the two as they are drawn on one scale; 1 for equal maps, empty ones included.
    """

    rank: float | None
    overlap: float | None
    chance: float
    ssim: float


def likeness(one: Attribution, other: Attribution, *, share: float = 0.1) -> Likeness:
    """Compare two explanations of pictures of the same size, best by the same method: SSIM minds their size.

    If either says nothing with its sign, only sizes are compared. Importance is size, so the most important places of
    a signed map may speak against the class; places of importance 0 are never among them.

    References: rank correlation and top-k intersection: Ghorbani, Abid, Zou, AAAI 2019, arXiv 1710.10547; SSIM: Wang,
    Bovik, Sheikh, Simoncelli, IEEE TIP 2004; here of maps clipped at the 98th percentile of both, since that is what
    is seen.

    Args:
        one, other: the explanations.
        share: which part of all places counts as the most important ones.

    Raises:
        InputError: maps of different sizes. ParameterError: no share of the places.
    """
    maps = places(one), places(other)
    if maps[0].shape != maps[1].shape:
        raise InputError(
            f"Compare explanations of pictures of the same size, not {tuple(maps[0].shape)} and {tuple(maps[1].shape)}."
        )
    signed = one.signed and other.signed
    first, second = (each if signed else each.abs() for each in maps)
    chosen = important(first, share), important(second, share)
    most = max(int(each.sum()) for each in chosen)
    flat = any(bool((each == each.flatten()[0]).all()) for each in (first, second))
    return Likeness(
        rank=None if flat else _rank(first, second),
        overlap=None if flat else int((chosen[0] & chosen[1]).sum()) / most,
        chance=min(int(each.sum()) for each in chosen) / chosen[0].numel(),
        ssim=_structure(first, second, signed=signed),
    )


def places(explanation: Attribution) -> Tensor:
    """One number a place, `[H, W]`: the sum over channels, of sizes where signs mean nothing."""
    values = explanation.values
    return values.sum(0) if explanation.signed else values.abs().sum(0)


def important(where: Tensor, share: float = 0.1) -> Tensor:
    """Which places of a map `[H, W]` are the most important ones, `[H, W]` bool: at most this share, and at least one.

    Of places of the same importance those that come first are taken; none where there is nothing.
    """
    if not 0 < share <= 1:
        raise ParameterError(f"The share of the most important places is above 0 and at most 1, not {share}.")
    size = where.abs().flatten()
    order = size.argsort(descending=True, stable=True)[: max(1, round(share * len(size)))]
    chosen = torch.zeros_like(size, dtype=torch.bool)
    chosen[order] = True
    return (chosen & (size > 0)).reshape(where.shape)


def common_scale(*maps: Tensor) -> float:
    """What counts as full in a drawing of all these maps: the 98th percentile of their sizes, and never 0.

    Where nearly all places are empty it is the largest size; where all are, 1.
    """
    sizes = np.concatenate([each.detach().abs().flatten().double().cpu().numpy() for each in maps])
    return float(np.percentile(sizes, _PERCENTILE)) or float(sizes.max()) or 1.0


def _rank(one: Tensor, other: Tensor) -> float:
    from scipy.stats import spearmanr  # noqa: PLC0415 - slow to import

    return float(spearmanr(one.flatten().cpu().numpy(), other.flatten().cpu().numpy()).statistic)


def _structure(one: Tensor, other: Tensor, *, signed: bool) -> float:
    from skimage.metrics import structural_similarity  # noqa: PLC0415 - slow to import

    scale = common_scale(one, other)
    first, second = ((each.double() / scale).clamp(-1, 1).cpu().numpy() for each in (one, other))
    window = min(7, *first.shape)
    window -= 1 - window % 2
    if window < 3:
        return float(np.array_equal(first, second))
    span = 2.0 if signed else 1.0
    value = structural_similarity(first, second, win_size=window, data_range=span)  # type: ignore[no-untyped-call]
    return float(value)
