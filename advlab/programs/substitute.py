"""A substitute: a network of the attacker's own that learns to answer as a model does that can only be asked.

Reference: Papernot, McDaniel, Goodfellow, Jha, Celik, Swami: Practical black-box attacks against machine learning,
ASIA CCS 2017, arXiv 1602.02697. Departures: the Jacobian is that of the logits, because that of the probabilities
vanishes where the substitute is sure; Adam in place of SGD with momentum, which learns more in as many epochs;
pictures are moved a little each time they are learned, which takes no question and without which attacks on the
substitute hardly transfer; they are rounded to 8 bits, as an interface would be given them, and not asked about a
second time if they did not move; and the network is another, see `advlab/models/networks/striding_cnn.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.memory import keep_freed
from advlab.core.meter import Meter
from advlab.core.service import OPEN, Service
from advlab.errors import InputError
from advlab.models.shipped import Count
from advlab.programs.rounds import HeldOut, Progress, Round, Rounds
from advlab.programs.substitution import LONGEST, Substitution

# More classes than a few pictures can show.
_MOST_CLASSES = 150


@dataclass(frozen=True)
class Substitute:
    """A substitute, and what it took.

    Attributes:
        classifier: with the victim's classes and input size.
        rounds: what each came to.
        queries: pictures that the victim was asked about by the attacker.
        refused: questions beyond the budget, which nobody answered.
        checked: passes of the victim to measure agreement, which are not the attacker's.
        stopped: whether somebody ended it early; the classifier is what it had become by then.
    """

    classifier: Classifier
    rounds: tuple[Round, ...]
    queries: int
    refused: int
    checked: int
    stopped: bool

    @property
    def agreement(self) -> Count | None:
        """That of the last round."""
        return self.rounds[-1].agreement if self.rounds else None


def unfit(classes: int, longest_side: int) -> str | None:
    """A sentence if a model of so many classes, or of such pictures, is not copied in this way."""
    if longest_side > LONGEST or classes > _MOST_CLASSES:
        return (
            f"A model that tells {classes:,} classes apart on pictures of {longest_side} pixels is not copied with a "
            "few thousand questions: the pictures to begin with show few of its classes, and a network small enough "
            "to learn from them answers differently almost everywhere. Choose a model for digits, signs or small "
            "pictures; for this one, transfer from another published network is the way."
        )
    return None


def train_substitute(
    victim: Classifier,
    seeds: Tensor,
    how: Substitution | None = None,
    *,
    held_out: Tensor | None = None,
    service: Service = OPEN,
    progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Substitute:
    """Train a substitute by asking the victim, starting from a few pictures.

    Args:
        victim: who is asked; nothing but its answers is used.
        seeds: pictures `[n, C, H, W]` in [0, 1] at the victim's input size; no labels are needed.
        how: the attacker's choices.
        held_out: other pictures to measure agreement on. The victim's answers to them are the verifier's.
        service: what an interface in front of the victim shows.
        progress: called after each epoch.
        should_stop: asked between batches; True ends the training with what has been learned.

    Returns:
        The substitute; the same seed gives the same on the same machine, and no global generator is touched.

    Raises:
        InputError: no seeds, or of another size. ParameterError: there is no such network, or none for such pictures.
    """
    if seeds.dim() != 4 or tuple(seeds.shape[1:]) != victim.input_size or len(seeds) == 0:
        size = ", ".join(map(str, victim.input_size))
        raise InputError(f"Seeds are pictures of shape (n, {size}), at least one, not {tuple(seeds.shape)}.")
    how = how or Substitution()
    keep_freed()

    def look() -> None:
        if should_stop():
            raise _Stopped

    meter = Meter(victim, how.most_queries, service=service, seed=how.seed)
    training = Rounds(victim, meter, how, look)
    checked, stopped = 0, False
    try:
        verifier = HeldOut(victim, held_out, look)
        checked = verifier.passes
        training.run(seeds, verifier, progress)
    except _Stopped:
        stopped = True
    return Substitute(training.classifier(), tuple(training.over), meter.asked, meter.refused, checked, stopped)


class _Stopped(Exception):  # noqa: N818 - no error
    """Somebody wants it to end."""
