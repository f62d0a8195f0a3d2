"""What a defense is: frozen parameters, and a classifier made of a classifier."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from advlab.core.attack import reason
from advlab.core.classifier import Classifier
from advlab.errors import ParameterError


class Kind(StrEnum):
    """What a defense does."""

    INPUT = "input"  # changes the picture before the network sees it
    DETECTOR = "detector"  # refuses to answer
    CERTIFIED = "certified"  # proves a radius
    MASKING = "masking"  # hides the gradient, on purpose: no defense at all


class Gradients(StrEnum):
    """How somebody who knows the defense gets gradients through it."""

    EXACT = "exact"
    BPDA = "bpda"
    EOT = "eot"
    RESCALED = "rescaled"


class Defense(BaseModel, ABC):
    """A defense's parameters, and what it makes of a classifier.

    Two classifiers of it: the one that is deployed, and the one that an attacker who knows everything climbs in its
    place. Verdicts are always the deployed one's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[Kind]
    # Whether it is calibrated on clean pictures first.
    needs_clean: ClassVar[bool] = False

    @classmethod
    def configured(cls, parameters: dict[str, Any]) -> Self:
        """The defense with these parameters.

        Raises:
            ParameterError: with the parameter's name, its value and what it may be.
        """
        try:
            return cls(**parameters)
        except ValidationError as error:
            raise ParameterError(_sentence(cls, error)) from None

    @property
    @abstractmethod
    def gradients(self) -> tuple[Gradients, ...]:
        """How it is differentiated by who knows it."""

    @property
    @abstractmethod
    def through(self) -> str:
        """The same as a sentence: with which backward function, with how many samples."""

    @abstractmethod
    def wrap(self, classifier: Classifier, clean: Tensor | None = None) -> Classifier:
        """The defended classifier, as it is deployed.

        Args:
            classifier: the undefended one; it is left as it is.
            clean: pictures `[N, C, H, W]` that no attack has touched, used for nothing else, for those that need them.

        Raises:
            ParameterError: the defense leaves nothing of this classifier's pictures.
            InputError: it cannot be calibrated on these clean ones.
        """

    def known(self, classifier: Classifier, clean: Tensor | None = None) -> Classifier:
        """What an attacker who knows the defense climbs: as near to `wrap` as gradients go."""
        return self.wrap(classifier, clean)

    def both(self, classifier: Classifier, clean: Tensor | None = None) -> tuple[Classifier, Classifier]:
        """`wrap` and `known`, calibrated once."""
        return self.wrap(classifier, clean), self.known(classifier, clean)


def _sentence(defense: type[Defense], error: ValidationError) -> str:
    problem = error.errors()[0]
    name = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        known = ", ".join(defense.model_fields) or "none"
        return f"{defense.title} has no parameter “{name}”; it has: {known}."
    field = defense.model_fields.get(name)
    shown = f"{field.title} ({name})" if field and field.title else name
    return f"{defense.title}: {shown} {reason(problem)}, not {problem['input']!r}."
