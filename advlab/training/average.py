"""Averaged weights: steadier than the last ones, and more robust."""

import copy

import torch
from torch import Tensor, nn


class Average:
    """The exponential moving average of a network's weights and running statistics.

    The decay grows from nothing (as 1 - 10 / (step + 10)), so the first weights, which are noise, are soon
    forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay
        self._pairs = self._floating(self.network), self._floating(network)

    @staticmethod
    def _floating(network: nn.Module) -> list[Tensor]:
        return [t.detach() for t in (*network.parameters(), *network.buffers()) if t.is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step number `step`, from 0."""
        decay = min(self._decay, 1 - 10 / (step + 10))
        torch._foreach_lerp_(*self._pairs, 1 - decay)
