"""Defenses that change the picture before the network sees it."""

from abc import abstractmethod
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from advlab.core.attack import param
from advlab.core.classifier import Classifier, Size, without_normalisation
from advlab.core.defense import Defense, Gradients, Kind
from advlab.core.randomness import Noise, fresh

# Of a random transformation: answers that decide a verdict.
_VOTES = 9


class Transformation(Defense):
    """A change of images `[N, C, H, W]` in [0, 1] into images of the same size.

    Where `apply` has no gradient that leads anywhere, the attacker who knows it goes back through `smooth` instead
    (BPDA), and where it draws at random, over the mean of `samples` draws (EOT).

    Reference: Athalye, Carlini, Wagner: Obfuscated gradients give a false sense of security, ICML 2018,
    arXiv 1802.00420.
    """

    kind: ClassVar[Kind] = Kind.INPUT
    # What people read of `smooth`; None where `apply` is differentiated as it is.
    backward: ClassVar[str | None] = None
    random: ClassVar[bool] = False

    @abstractmethod
    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """The changed images; `noise` has one stream an image."""

    def smooth(self, x: Tensor, noise: Noise) -> Tensor:
        """What an attacker goes back through in place of `apply`: the identity if nothing better is known."""
        return x

    def check(self, size: Size) -> None:
        """See that something is left of pictures of this size.

        Raises:
            ParameterError: nothing is.
        """

    @property
    def draws(self) -> int:
        """How many draws the attacker averages over."""
        return 1

    @property
    def gradients(self) -> tuple[Gradients, ...]:
        """Exact, or by one or both of the two ways around."""
        ways = [way for way, used in ((Gradients.BPDA, self.backward), (Gradients.EOT, self.random)) if used]
        return tuple(ways) or (Gradients.EXACT,)

    @property
    def through(self) -> str:
        """A sentence."""
        parts = []
        if self.backward:
            parts.append(f"forward through the defense, back through {self.backward} (BPDA)")
        if self.random:
            parts.append(f"over the mean of {self.draws} draws (EOT)")
        return "The attacker goes " + ", ".join(parts) + "." if parts else "The attacker goes straight through it."

    def wrap(self, classifier: Classifier, clean: Tensor | None = None) -> Classifier:
        """The classifier behind this change."""
        self.check(classifier.input_size)
        return behind(classifier, Stage(self, straight=False), self.name, random=self.random)

    def known(self, classifier: Classifier, clean: Tensor | None = None) -> Classifier:
        """The same answers, with gradients around what has none; random ones as the mean of their logits."""
        self.check(classifier.input_size)
        stage = Stage(self, straight=self.backward is not None)
        return behind(classifier, stage, self.name, random=self.random, samples=self.draws)


class RandomTransformation(Transformation):
    """One that draws anew for every answer, so that most of several answers is the verdict."""

    random: ClassVar[bool] = True

    samples: int = param(20, "Draws of the attacker", "Averaged by who knows of it.", ge=1, le=1000)

    @property
    def draws(self) -> int:
        """As many as `samples` says."""
        return self.samples


class _Straight(torch.autograd.Function):
    """One value with another's gradient."""

    @staticmethod
    def forward(_: Any, value: Tensor, smooth: Tensor) -> Tensor:  # noqa: ANN401, ARG004 - autograd's context
        return value.clone()

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> tuple[None, Tensor]:  # noqa: ANN401
        return None, gradient


class Change(Protocol):
    """What a stage needs of a transformation."""

    @property
    def name(self) -> str:
        """What people call it."""

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """The changed images `[N, C, H, W]`; `noise` has one stream an image."""

    def smooth(self, x: Tensor, noise: Noise) -> Tensor:
        """What is gone back through in place of `apply`."""


class Stage(nn.Module):
    """A transformation as a module, whose text is part of the defended classifier's digest."""

    def __init__(self, transformation: Change, *, straight: bool) -> None:
        super().__init__()
        self.transformation, self.straight = transformation, straight

    def extra_repr(self) -> str:
        """What is changed, and how it is gone back through."""
        return f"{self.transformation.name}, {self.transformation!r}, straight={self.straight}"

    def forward(self, x: Tensor, noise: Noise) -> Tensor:
        """The changed images `[N, C, H, W]`."""
        if not self.straight:
            return self.transformation.apply(x, noise)
        with torch.no_grad():
            value = self.transformation.apply(x.detach(), noise)
        changed: Tensor = _Straight.apply(value, self.transformation.smooth(x, noise))  # type: ignore[no-untyped-call]
        return changed


class _Pipe(nn.Module):
    """A stage and the classifier behind it; the mean of the logits over `samples` draws of the stage."""

    def __init__(self, stage: Stage, inner: Classifier, samples: int) -> None:
        super().__init__()
        self.stage, self.inner, self.samples = stage, inner, samples

    def extra_repr(self) -> str:
        return f"samples={self.samples}, mean={self.inner.preprocessing.mean}, std={self.inner.preprocessing.std}"

    def forward(self, x: Tensor) -> Tensor:
        noise = fresh(x)
        if self.samples == 1:
            answer: Tensor = self.inner(self.stage(x, noise))
            return answer
        drawn = self.stage(x.repeat_interleave(self.samples, 0), noise.repeated(self.samples))
        logits: Tensor = self.inner(drawn)
        return logits.reshape(len(x), self.samples, -1).mean(1)


def behind(classifier: Classifier, stage: Stage, name: str, *, random: bool, samples: int = 1) -> Classifier:
    """The classifier behind a stage: the mean of its logits over `samples` draws; votes decide if it is random."""
    return Classifier(
        _Pipe(stage, classifier, samples),
        classifier.labels,
        classifier.input_size,
        name=f"{classifier.name} behind {name}",
        preprocessing=without_normalisation(classifier.preprocessing),
        execution=classifier.execution,
        votes=max(classifier.votes, _VOTES if random else 1),
        passes=samples * classifier.passes,
    )
