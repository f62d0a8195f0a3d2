"""What a run on one picture came to: plain data for pages, files and the terminal. No tensors."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.serving.crafted import Crafted


class Verdict(StrEnum):
    """How it ended, in the words that people read."""

    FOOLED = "FOOLED"
    TARGET_HIT = "TARGET HIT"
    WRONG_NOT_TARGET = "WRONG, NOT TARGET"
    HELD = "HELD"
    ALREADY = "ALREADY THERE"
    ALREADY_WRONG = "ALREADY WRONG"
    STOPPED = "STOPPED"
    INVALID = "INVALID"

    @property
    def kind(self) -> str:
        """Whose colour it has: the clean picture's, the adversarial one's, the target's, or nobody's."""
        kinds = {"FOOLED": "adversarial", "WRONG, NOT TARGET": "adversarial", "TARGET HIT": "target", "HELD": "clean"}
        return kinds.get(self, "neutral")

    @property
    def sign(self) -> str:
        """A sign beside the word, since colour alone is not enough."""
        return {
            "FOOLED": "✕", "WRONG, NOT TARGET": "≠", "TARGET HIT": "◎", "HELD": "✓", "ALREADY THERE": "=",
            "ALREADY WRONG": "≠", "STOPPED": "■", "INVALID": "!",
        }[self]  # fmt: skip

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
class Film:
    """The run in pictures: at some of its steps, what the attacker looked at."""

    steps: tuple[int, ...]  # counted from 1, as in the curve
    frames: np.ndarray  # [T, H, W, C] uint8


@dataclass(frozen=True)
class Execution:
    """On what a result was computed: the same again gives the same, to the bit."""

    device: str
    threads: int  # of torch, on a CPU
    precision: str
    channels_last: bool
    chunk: int | None
    processor: str  # which instructions torch used
    torch: str
    advlab: str
    model_digest: str
    picture_digest: str  # of the clean crop
    source_digest: str | None = None  # of what the picture was made on, if not on the model itself


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
    goal_before: float  # probability of the target, or of the clean answer where there is no target
    goal_after: float
    similarity: float  # SSIM of the clean and the given-out picture, 1 for equal ones
    stopped: bool
    norms: dict[str, float]
    unrounded_norms: dict[str, float]
    unrounded_success: bool
    queries: int
    gradients: int
    seconds: float
    device: str
    drawn_start: bool  # whether the picture it started from was drawn with the model's own gradient
    curve: Curve
    film: Film
    unrounded: np.ndarray  # [C, H, W] float32: the image that the search returned
    truth: str | None  # what the picture really shows, if somebody said so
    png: bytes  # the adversarial picture as a file: what was opened again and judged
    execution: Execution
    crafted: Crafted | None = None  # where it was made on other models than the one that is attacked
    notes: tuple[str, ...] = ()  # why the verdict may be wrong, a sentence each: of attacks that look for signs of it

    @property
    def steps(self) -> int:
        """How many steps were recorded."""
        return self.film.steps[-1] if self.film.steps else 0

    @property
    def changed(self) -> bool:
        """Whether the picture that is given out differs from the clean one at all."""
        return self.norms["linf"] > 0


def percent(share: float) -> str:
    """A probability for people: never 100% for something that is only nearly sure."""
    if share > 0.999:
        return ">99.9%"
    if share < 0.001:
        return "<0.1%"
    return f"{share:.1%}"


def size(norm: Norm, value: float) -> str:
    """A size with its unit: L∞ in 1/255, L0 in pixels."""
    if norm is Norm.LINF:
        return f"{value * 255:.3g}/255"
    return f"{value:,.0f} px" if norm is Norm.L0 else f"{value:.3g}"


def sentence(outcome: Outcome) -> str:
    """The verdict in one or two sentences: what happened, and how visible the change is."""
    crafted = outcome.crafted
    if crafted is not None and outcome.verdict not in (Verdict.ALREADY, Verdict.ALREADY_WRONG):
        return f"{crafted.made} {_happened(outcome)}"
    return _happened(outcome)


def _happened(outcome: Outcome) -> str:
    before, after = outcome.before, outcome.after
    still = "still says" if after.index == before.index else "says"
    match outcome.verdict:
        case Verdict.FOOLED | Verdict.TARGET_HIT:
            said = f"{_visible(outcome.similarity)} The model now says {after.label}, {_how_sure(before, after)}."
        case Verdict.WRONG_NOT_TARGET:
            said = f"The model is wrong now, but it says {after.label}, not {outcome.goal} ({_goal(outcome)})."
        case Verdict.HELD:
            said = f"The model still says {after.label}{_wanted(outcome)}. {_why_held(outcome)}"
        case Verdict.ALREADY:
            said = f"The model says {before.label} before any attack: there is nothing to reach. Choose another target."
        case Verdict.ALREADY_WRONG:
            said = (
                f"It is {outcome.truth}, and the model says {before.label} without any attack: an attack would "
                "prove nothing. Choose another picture or a better model."
            )
        case Verdict.STOPPED:
            where = f"Stopped at step {outcome.steps:,}" if outcome.steps else "Stopped"
            said = f"{where}, before it got there; the model {still} {after.label}{_wanted(outcome)}."
        case Verdict.INVALID:
            said = "The saved file does not hold up: opened again, it is judged otherwise or changed more than allowed."
    return said


def _visible(similarity: float) -> str:
    """SSIM in words; on photos 0.95 is about where people begin to notice side by side."""
    if similarity >= 0.95:
        return "Hardly anyone would notice the change."
    return "The change can be seen." if similarity >= 0.6 else "The change is plain to see."


def _how_sure(before: Opinion, after: Opinion) -> str:
    if len(after.top) > 1 and after.confidence - after.top[1][1] < 0.02:
        return f"with {percent(after.confidence)}, nearly tied with {after.top[1][0]}"
    if after.confidence > before.confidence:
        return "and is surer than it was before"
    return f"with {percent(after.confidence)}" if after.confidence >= 0.5 else f"with only {percent(after.confidence)}"


def _goal(outcome: Outcome) -> str:
    return f"{percent(outcome.goal_before)} → {percent(outcome.goal_after)}"


def _wanted(outcome: Outcome) -> str:
    return "" if outcome.goal is None else f"; wanted was {outcome.goal} ({_goal(outcome)})"


def _why_held(outcome: Outcome) -> str:
    if outcome.unrounded_success:
        return "The search fooled it between whole pixel values only, which no picture file can hold."
    if outcome.request.eps == 0:
        return "With ε = 0 nothing may change."
    if outcome.crafted is not None:
        return outcome.crafted.held
    return "This attack did not get there with this budget."
