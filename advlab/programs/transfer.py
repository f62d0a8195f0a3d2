"""What attacks on a substitute do to the victim, beside what the same attacks on the victim itself do."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from advlab import api, attacks
from advlab.core.attack import Access, Attack, Objective
from advlab.core.classifier import Classifier
from advlab.core.goals import Untargeted
from advlab.core.norms import Norm
from advlab.core.result import AttackResult
from advlab.core.verdicts import votes
from advlab.models.shipped import Count


@dataclass(frozen=True)
class Transfer:
    """One attack at one radius on `n` pictures.

    The class to leave is the victim's answer to the clean picture.

    Attributes:
        attack: its name.
        eps: radius in L∞.
        adversarial: `[n, C, H, W]`, made on the substitute alone, each value a multiple of 1/255.
        agreed: clean pictures `[n]` of which the substitute says what the victim says.
        left: which of `adversarial` the substitute itself no longer says it of.
        fooled: which of them the victim no longer says it of.
        white_box: pictures for which the same attack fools the victim when it has the victim's gradient.
    """

    attack: str
    eps: float
    adversarial: Tensor
    agreed: Tensor
    left: Tensor
    fooled: Tensor
    white_box: Tensor

    def take(self, rows: slice) -> "Transfer":
        """That of some pictures."""
        own = (self.adversarial, self.agreed, self.left, self.fooled, self.white_box)
        return Transfer(self.attack, self.eps, *(one[rows] for one in own))

    @property
    def on_itself(self) -> Count | None:
        """Success on the substitute, of pictures on which it agreed; None if there are none."""
        of = int(self.agreed.sum())
        return Count(correct=int((self.left & self.agreed).sum()), of=of) if of else None

    @property
    def on_victim(self) -> Count:
        """Success on the victim of what was made on the substitute."""
        return Count(correct=int(self.fooled.sum()), of=len(self.fooled))

    @property
    def ceiling(self) -> Count:
        """Success on the victim with its own gradient."""
        return Count(correct=int(self.white_box.sum()), of=len(self.white_box))


def transfer(
    victim: Classifier,
    substitute: Classifier,
    x: Tensor,
    attack: str,
    eps: float,
    *,
    seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
) -> Transfer | None:
    """Attack the substitute and show the victim what comes out; then attack the victim.

    Args:
        victim: who is to be fooled.
        substitute: whose gradients there are.
        x: clean pictures `[n, C, H, W]`.
        attack: a name; it sees gradients and works in L∞.
        eps: radius in L∞.
        seed: of the attack.
        should_stop: asked often.

    Returns:
        What came of it; None if somebody stopped it.
    """
    x = x.to(victim.device)
    goal = Untargeted(votes(victim, x).answer[0])
    method = attacks.registry.get(attack).configured({})

    def run(on: Classifier, *, early_stop: bool) -> AttackResult:
        return api.attack(
            on, x, method, norm=Norm.LINF, eps=eps, goal=goal, seed=seed, early_stop=early_stop,
            should_stop=should_stop,
        )  # fmt: skip

    # All the work: the attacker cannot see when it is enough for the victim.
    made = run(substitute, early_stop=False)
    direct = None if made.stopped else run(victim, early_stop=True)
    if direct is None or direct.stopped:
        return None
    adversarial = _as_file(x, made.adversarial)
    classes = goal.index
    agreed = votes(substitute, x).answer[0] == classes
    left = votes(substitute, adversarial).answer[0] != classes
    fooled = votes(victim, adversarial).answer[0] != classes
    return Transfer(attack, eps, adversarial, agreed, left, fooled, direct.success)


def _as_file(x: Tensor, adversarial: Tensor) -> Tensor:
    """The change cut to whole 255ths, which keeps it within the radius and pictures within [0, 1]."""
    steps = (adversarial - x) * 255
    return x + (steps + 1e-3 * steps.sign()).trunc() / 255


def white_box() -> dict[str, type[Attack]]:
    """The attacks that a substitute is good for: they see gradients, in L∞, within a radius."""
    return {
        name: kind
        for name, kind in attacks.general().items()
        if kind.access is Access.GRADIENT and kind.objective is Objective.RADIUS and Norm.LINF in kind.norms
    }
