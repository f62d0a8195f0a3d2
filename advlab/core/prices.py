"""The search for the price of failing, one an image: what attacks that weigh it against the size of a change share."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Prices:
    """The next price, the largest one that failed, and the smallest one that succeeded or infinity: each `[n]`."""

    const: Tensor
    low: Tensor
    high: Tensor


def next_prices(tried: Prices, hit: Tensor, over: Tensor) -> Prices:
    """Where a round is `over` `[n]`: between failure and success, ten times as much as long as none `hit` `[n]`."""
    high = torch.where(over & hit, torch.minimum(tried.high, tried.const), tried.high)
    low = torch.where(over & ~hit, torch.maximum(tried.low, tried.const), tried.low)
    further = torch.where(high.isfinite(), (low + high) / 2, tried.const * 10)
    return Prices(torch.where(over, further, tried.const), low, high)
