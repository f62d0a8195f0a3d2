"""A film of a run: what the attacker looked at, at steps spread evenly over the run."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

_LEVELS = 255


@dataclass
class Film:
    """Frames of the first image of a run, for a player.

    Nobody knows beforehand how many steps there will be. So every step is kept until there are twice as
    many frames as wanted; then every other frame goes, and from there on every other step is left out.

    Attributes:
        most: how many frames `cut` gives at most.
        steps: which row of the trace each frame belongs to.
        frames: `[C, H, W]` uint8 each, rounded: for looking at, not for judging.
    """

    most: int
    steps: list[int] = field(default_factory=list)
    frames: list[Tensor] = field(default_factory=list)
    _stride: int = 1
    _last: tuple[int, Tensor] | None = None

    def add(self, step: int, image: Tensor) -> None:
        """The image `[C, H, W]` in [0, 1] of this step; steps come in order."""
        frame = (image * _LEVELS).round().clamp(0, _LEVELS).to(torch.uint8).cpu()
        self._last = (step, frame)
        if step % self._stride:
            return
        self.steps.append(step)
        self.frames.append(frame)
        if len(self.frames) >= 2 * self.most:
            self._stride *= 2
            self.steps, self.frames = self.steps[::2], self.frames[::2]

    def cut(self) -> tuple[list[int], Tensor]:
        """At most `most` steps with their frames `[T, C, H, W]`, the first and the last among them."""
        steps, frames = list(self.steps), list(self.frames)
        if self._last is not None and steps[-1:] != [self._last[0]]:
            steps.append(self._last[0])
            frames.append(self._last[1])
        if len(frames) > self.most:
            chosen = torch.linspace(0, len(frames) - 1, self.most).round().int().tolist()
            steps, frames = [steps[i] for i in chosen], [frames[i] for i in chosen]
        return steps, torch.stack(frames) if frames else torch.empty(0, 0, 0, 0, dtype=torch.uint8)
