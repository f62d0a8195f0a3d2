"""What a run on one picture came to: plain data for pages, files and the terminal. No tensors."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from advlab.core.request import AttackRequest


class Verdict(StrEnum):
    """How it ended, in the words that people read."""

    FOOLED = "FOOLED"
    TARGET_HIT = "TARGET HIT"
    WRONG_NOT_TARGET = "WRONG, NOT TARGET"
    HELD = "HELD"
    ALREADY = "ALREADY THERE"
    STOPPED = "STOPPED"

    @property
    def success(self) -> bool:
        """Whether the attacker got what they wanted."""
        return self in (Verdict.FOOLED, Verdict.TARGET_HIT)


@dataclass(frozen=True)
class Opinion:
    """What a model says about a picture: its five likeliest classes, the first one being its answer."""

    top: tuple[tuple[str, float], ...]
    index: int

    @property
    def label(self) -> str:
        """The answer."""
        return self.top[0][0]

    @property
    def confidence(self) -> float:
        """Softmax probability of the answer, not calibrated."""
        return self.top[0][1]


@dataclass(frozen=True)
class Look:
    """A picture as a model sees it."""

    pixels: np.ndarray  # [H, W, C] uint8, C 1 or 3
    opinion: Opinion
    seconds_query: float  # measured on this machine
    seconds_gradient: float
    device: str


@dataclass(frozen=True)
class Curve:
    """The run step by step; empty for attacks that do not see scores."""

    own: tuple[float, ...] = ()  # probability of the class to leave or to reach
    rival: tuple[float, ...] = ()  # of the strongest other class
    queries: tuple[int, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A finished run. Pixels, opinion and norms are those of the 8-bit picture that is given out.

    `unrounded_*` is the floating-point image that the search returned.
    """

    request: AttackRequest
    verdict: Verdict
    clean: np.ndarray  # [H, W, C] uint8
    adversarial: np.ndarray  # [H, W, C] uint8
    before: Opinion
    after: Opinion
    goal: str | None  # the target's name
    norms: dict[str, float]
    unrounded_norms: dict[str, float]
    unrounded_success: bool
    queries: int
    gradients: int
    seconds: float
    device: str
    drawn_start: bool  # whether the picture it started from was drawn with the model's own gradient
    curve: Curve

    @property
    def survives_rounding(self) -> bool:
        """Whether what the search found still works as 8-bit pixels."""
        return self.unrounded_success and self.verdict.success


def percent(share: float) -> str:
    """A probability for people: never 100% for something that is only nearly sure."""
    if share > 0.999:
        return ">99.9%"
    if share < 0.001:
        return "<0.1%"
    return f"{share:.1%}"


def sentence(outcome: Outcome) -> str:
    """The verdict in one sentence."""
    before, after = outcome.before, outcome.after
    match outcome.verdict:
        case Verdict.FOOLED | Verdict.TARGET_HIT:
            surer = after.confidence > before.confidence
            sure = "and is surer now than it was before" if surer else f"with {percent(after.confidence)} confidence"
            return f"The model called this {before.label}; it now says {after.label}, {sure}."
        case Verdict.WRONG_NOT_TARGET:
            return f"The model is wrong now, but it says {after.label}, not {outcome.goal}."
        case Verdict.HELD:
            found = " The search fooled it, but not with whole pixel values." if outcome.unrounded_success else ""
            return f"The model still says {after.label}. This attack, with this budget, did not change that.{found}"
        case Verdict.ALREADY:
            return f"The model says {before.label} before any attack: there is nothing to reach. Choose another target."
        case Verdict.STOPPED:
            return f"Stopped before it succeeded; the model still says {after.label}. Press Run to start again."
