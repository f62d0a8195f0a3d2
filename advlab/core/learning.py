"""Detectors that learn what features are like before their threshold is set."""

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from advlab.core.classifier import Classifier
from advlab.core.detector import Detector
from advlab.core.features import Features
from advlab.errors import ParameterError


class LearningDetector(Detector):
    """A score of the network's penultimate features, learned from half of the clean pictures.

    The other half sets the threshold: pictures that were learned from are less suspicious than new ones are. Every
    second picture of a class, by the network's own answers, is in each half.
    """

    calibration: ClassVar[int] = 130  # of 43 classes: with one picture a class nothing is learned of its spread

    @abstractmethod
    def learned(self, network: Features, images: Tensor, answers: Tensor, features: Tensor) -> nn.Module:
        """A module from images `[N, C, H, W]` to logits `[N, K]` and suspicion `[N]`, with gradients.

        Args:
            network: gives logits and features.
            images: clean pictures to learn from, `[M, C, H, W]`.
            answers: the network's classes of them, `[M]`.
            features: of them, `[M, F]`.
        """

    @property
    def least(self) -> int:
        """Twice as many, for two halves."""
        return 2 * super().least

    def scoring(self, classifier: Classifier, *, known: bool) -> nn.Module:  # noqa: ARG002 - there is none yet
        """There is none before something was learned.

        Raises:
            ParameterError: always.
        """
        raise ParameterError(f"{self.title} learns from clean pictures first: `wrap` it around {classifier.name}.")

    def fitted(self, classifier: Classifier, clean: Tensor) -> tuple[nn.Module, nn.Module, Tensor]:
        """Learned from one half, with the other half left."""
        network = Features(classifier)
        logits, features = network.of(clean)
        answers = logits.argmax(1)
        order = answers.argsort(stable=True)
        half, rest = order[::2], order[1::2]
        self.several(classifier, answers[half])
        module = self.learned(network, clean[half.to(clean.device)], answers[half], features[half])
        return module, module, clean[rest.to(clean.device)]
