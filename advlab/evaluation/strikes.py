"""The attackers of a defense: one who does not know it, one who does, and the checks on the second.

Who knows a defense climbs what stands in its place (`Contender.known`) by the attack that suits its kind, and has what
the other one has, too. Whether that is really the strongest is not believed: attacks that need no gradient, another
network's pictures and ten times the steps are tried on what it left (Carlini et al.: On evaluating adversarial
robustness, 2019, arXiv 1902.06705; Tramèr et al.: On adaptive attacks to adversarial example defenses, NeurIPS 2020,
arXiv 2002.08347).
"""

from dataclasses import dataclass, replace

from advlab import attacks
from advlab.core.attack import Attack
from advlab.core.classifier import Classifier
from advlab.core.defense import Kind
from advlab.core.request import Value
from advlab.evaluation.contender import Contender

# Of the search for the weight of a detector.
_ROUNDS = 3


@dataclass(frozen=True)
class Strike:
    """One attack; whether it succeeded is the deployed model's verdict, whoever is asked.

    Attributes:
        asked: the model whose answers the attacker sees.
        attack: what is done.
        name: the same in words.
        through: how gradients are got, as a sentence.
        max_queries: of each picture.
    """

    asked: Classifier
    attack: Attack
    name: str
    through: str = ""
    max_queries: int | None = None

    @property
    def how(self) -> str:
        """All of it as a sentence."""
        return f"{self.name}. {self.through}" if self.through else self.name


def unaware(contender: Contender, steps: int) -> Strike:
    """By somebody who has never heard of the defense."""
    if contender.kind is Kind.MASKING:
        # Who follows the usual recipe on it, and does not ask why there is no gradient.
        blind = _attack("pgd", steps=steps, loss="textbook")
        return Strike(contender.deployed, blind, "PGD with the textbook's loss on the model as it is")
    return Strike(contender.base, _attack("pgd", steps=steps), "PGD on the undefended network")


def adaptive(contender: Contender, steps: int, override: str | None = None) -> tuple[Strike, ...]:
    """By somebody who has read its code: each on what those before it left.

    Args:
        contender: whom they attack.
        steps: of each attack by gradient.
        override: an attack's name, in place of those that are chosen here.
    """
    known, through = contender.known, contender.through
    if override is not None:
        attack = attacks.registry.get(override)
        given = {"steps": steps} if "steps" in attack.model_fields else {}
        return (Strike(known, attack.configured(dict(given)), attack.title, through),)
    if contender.kind is Kind.DETECTOR:
        both = {"steps": steps, "rounds": _ROUNDS}
        return (
            Strike(known, _attack("detector_aware", **both), "Detector-aware PGD", through),
            Strike(known, _attack("detector_aware", **both, orthogonal=True), "Detector-aware PGD at right angles",
                   through),
        )  # fmt: skip
    return (
        Strike(known, _attack("pgd", steps=steps), "PGD", through),
        Strike(known, _attack("pgd", steps=steps, loss="margin"), "PGD up the margin", through),
    )


def square(contender: Contender, queries: int) -> Strike:
    """Without any gradient, by the scores."""
    return Strike(contender.deployed, _attack("square", steps=queries), f"Square, {queries} queries and no gradient")


def checks(contender: Contender, steps: int, queries: int, other: Classifier | None = None) -> dict[str, Strike]:
    """What must not succeed where `adaptive` did not, by name.

    Args:
        contender: whom they attack.
        steps: as in `adaptive`; the one that is repeated has ten times as many.
        queries: of each attack that sees answers only.
        other: another network of the same classes, whose adversarial pictures are tried.
    """
    found = {} if other is None else {"Transfer": Strike(other, _attack("pgd", steps=steps), f"PGD on {other.name}")}
    labels = _attack("hopskipjump")
    found["Square"] = square(contender, queries)
    found["HopSkipJump"] = Strike(contender.deployed, labels, f"HopSkipJump, {queries} queries, by the label alone",
                                  max_queries=queries)  # fmt: skip
    longer = adaptive(contender, 10 * steps)[0]
    found["Ten times the steps"] = replace(longer, name=f"{longer.name}, {10 * steps} steps")
    return found


def _attack(name: str, **parameters: Value) -> Attack:
    return attacks.registry.get(name).configured(parameters)
