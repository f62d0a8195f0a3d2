"""What a defense is: frozen parameters, and a classifier made of a classifier."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar

from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.parameters import Parameters


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


class Defense(Parameters, ABC):
    """A defense's parameters, and what it makes of a classifier.

    Two classifiers of it: the one that is deployed, and the one that an attacker who knows everything climbs in its
    place. Verdicts are always the deployed one's.
    """

    kind: ClassVar[Kind]
    # How many clean pictures it would like to be calibrated on first; 0: none.
    calibration: ClassVar[int] = 0

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
