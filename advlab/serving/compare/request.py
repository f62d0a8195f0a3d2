"""What is asked where attacks are compared: one model, one threat, many attacks, one picture or several."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from advlab import attacks
from advlab.core.asked import Asked
from advlab.core.attack import Access, Attack, Objective
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest, Value
from advlab.core.service import OPEN, Service
from advlab.errors import ParameterError
from advlab.serving import crafting
from advlab.serving.outcome import size


class CompareRequest(Asked):
    """A comparison of attacks.

    Attributes:
        picture, model: as in an `AttackRequest`.
        several: all the samples of `subjects.samples` in place of the picture, which is then the first of them.
        norm, eps: what counts as a success for all of them.
        target, truth, seed: as in an `AttackRequest`.
        early_stop: end each attack that has a radius at its first success, so that queries can be compared.
        max_queries: the budget of each.
        service: what stands before the model, for those that see no gradients.
        sources: names of the models on which attacks with a radius that see gradients are made, to be tried once on
            `model`; none: on the model itself.
        attacks: by name, with their parameters.
    """

    several: bool = False
    norm: Norm = Norm.LINF
    eps: float = Field(gt=0, allow_inf_nan=False)
    target: int | None = Field(None, ge=0)
    truth: int | None = Field(None, ge=0)
    seed: int = Field(0, ge=0)
    early_stop: bool = True
    max_queries: int | None = Field(None, ge=1)
    service: Service = OPEN
    sources: tuple[str, ...] = ()
    attacks: Annotated[dict[str, dict[str, Value]], Field(min_length=1)]

    @field_validator("eps")
    @classmethod
    def _in_units(cls, eps: float, info: ValidationInfo) -> float:
        if info.data.get("norm") is Norm.LINF and eps > 1:
            raise PydanticCustomError("units", f"it is in [0, 1] units, so write {eps:g}/255")
        return eps

    @property
    def limit(self) -> str:
        """The radius for people, in one piece."""
        return f"ε\u00a0=\u00a0{size(self.norm, self.eps)}"

    def kind(self, name: str) -> type[Attack]:
        """The attack of this name."""
        return attacks.registry.get(name)

    def crafts(self, name: str) -> bool:
        """Whether this attack's pictures are made on other models."""
        kind = self.kind(name)
        return bool(self.sources) and kind.access is Access.GRADIENT and crafting.unsuited(kind) is None

    def check(self) -> "CompareRequest":
        """The request, if each of its attacks could be asked so.

        Raises:
            ParameterError, ThreatError: one could not; with a sentence.
        """
        for name in self.attacks:
            crafting.check(self.of(name))
        if self.sources and not any(map(self.crafts, self.attacks)):
            raise ParameterError(
                "None of these attacks can be made on other models: choose one that sees gradients and works within ε, "
                "such as mi_fgsm, or no models that it is made on."
            )
        return self

    def of(self, name: str) -> AttackRequest:
        """What one attack is asked.

        One that searches the smallest change by itself is given no radius: what it finds is told, and whether that is
        within the radius is judged afterwards. With a radius it would be rounded to it, and often lost.
        """
        kind = self.kind(name)
        minimal, crafted = kind.objective is Objective.MINIMAL, self.crafts(name)
        return AttackRequest(
            picture=self.picture, model=self.model, attack=name, norm=self.norm, eps=None if minimal else self.eps,
            target=self.target, truth=self.truth, seed=self.seed,
            early_stop=self.early_stop and not minimal and not crafted,
            max_queries=self.max_queries, parameters=self.attacks[name],
            service=OPEN if kind.access is Access.GRADIENT else self.service, sources=self.sources if crafted else (),
        )  # fmt: skip
