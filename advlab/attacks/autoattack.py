"""AutoAttack: four attacks one after the other, with nothing to choose."""

from enum import StrEnum
from typing import Any, ClassVar

import torch
from torch import Tensor

from advlab.attacks import register, registry
from advlab.core.attack import Access, Attack, Widget, param
from advlab.core.classifier import Classifier
from advlab.core.memory import in_chunks
from advlab.core.norms import Norm
from advlab.core.program import Member, Program
from advlab.core.randomness import question
from advlab.core.result import AttackResult

_EOT = 20
_CLASSES, _CLASSES_L1 = 9, 5
# Answers to the same picture that differ by more than this are random.
_SAME = 1e-4
# Of all pictures: what Square may take from those that the gradient left.
_MUCH = 0.002


class Version(StrEnum):
    """Which attacks are run."""

    STANDARD = "standard"
    PLUS = "plus"
    RAND = "rand"


@register
class AutoAttack(Program):
    """APGD-CE, APGD-T, FAB-T and Square, each on what those before it left.

    “standard”: APGD up the cross-entropy, APGD and FAB towards nine classes one after the other, 100 steps each, and
    5,000 squares. “plus”: APGD up the cross-entropy and up DLR with five starts, FAB with five starts, Square, APGD-T,
    FAB-T. “rand”, for models with randomness in them: APGD up the cross-entropy and up DLR over 20 gradients a step.
    Where there are fewer classes, fewer are tried. In L1 “standard” begins APGD up the cross-entropy five times, and
    APGD-T tries five classes.

    Reference: Croce, Hein: Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
    attacks, ICML 2020, arXiv 2003.01690; in L1: the same: Mind the box: l1-APGD for sparse adversarial attacks on image
    classifiers, ICML 2021, arXiv 2103.01208.
    """

    name: ClassVar[str] = "autoattack"
    title: ClassVar[str] = "AutoAttack · four attacks in a row"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2, Norm.L1)

    version: Version = param(
        Version.STANDARD,
        "Version",
        "Which attacks: the usual four, more and longer ones, or those for models with randomness in them.",
    )
    steps: int = param(
        100, "Steps", "Of each attack by gradient; 100 is AutoAttack, fewer are a preview.", ge=1, le=10_000,
        widget=Widget(5, 100, 5, initial=10),
    )  # fmt: skip
    squares: int = param(
        5000, "Squares", "Queries of Square; 5,000 is AutoAttack.", ge=1, le=1_000_000,
        widget=Widget(100, 5000, 100, initial=200),
    )  # fmt: skip

    def members(self, norm: Norm) -> tuple[Member, ...]:
        one = {"steps": self.steps}
        several = {**one, "restarts": 5}
        square = _member("Square", "square", steps=self.squares, share=0.8)
        towards = _member("APGD-T", "apgd_t", targets=_CLASSES, **one)
        fab_t = _member("FAB-T", "fab", targets=_CLASSES, **one)
        match Version(self.version):
            case Version.STANDARD:
                if norm is Norm.L1:
                    towards = _member("APGD-T", "apgd_t", targets=_CLASSES_L1, **one)
                    return _member("APGD-CE", "apgd", **several), towards, fab_t, square
                return _member("APGD-CE", "apgd", **one), towards, fab_t, square
            case Version.PLUS:
                return (
                    _member("APGD-CE", "apgd", **several), _member("APGD-DLR", "apgd", loss="dlr", **several),
                    _member("FAB", "fab", **several), square, towards, fab_t,
                )  # fmt: skip
            case Version.RAND:
                averaged = {**one, "samples": _EOT}
                return _member("APGD-CE", "apgd", **averaged), _member("APGD-DLR", "apgd", loss="dlr", **averaged)

    def doubts(
        self, classifier: Classifier, x: Tensor, whole: AttackResult, later: dict[str, AttackResult]
    ) -> tuple[tuple[str, ...], int]:
        """The checks of the paper's authors, as data: randomness, probabilities, no gradient, Square too good."""
        first, second = (_answers(classifier, x, number) for number in (0, 1))
        notes = []
        random = bool((first - second).abs().amax() > _SAME)
        if random and self.version != Version.RAND:
            notes.append("The model answers at random: use the version “rand”, and believe no single success.")
        if bool((first >= 0).all()) and bool(((first.sum(1) - 1).abs() < 1e-3).all()):
            notes.append("The model seems to answer with probabilities: hand over logits, or gradients vanish.")
        gradients, zeros = int(whole.gradients.sum()), int(whole.zero_gradients.sum())
        if zeros > 0:
            notes.append(f"{zeros:,} of {gradients:,} gradients were exactly zero: they may be masked.")
        square = later.get("Square")
        if square is not None and self.version == Version.STANDARD:
            taken = int((square.success & ~square.already).sum())
            if taken > _MUCH * len(x):
                notes.append(
                    f"Square, which sees no gradient, took {taken:,} that the others left: gradients may be masked, so "
                    "the model is probably less robust than this says."
                )
        return tuple(notes), 2


def _member(title: str, name: str, **parameters: Any) -> Member:  # noqa: ANN401 - checked against the attack's fields
    attack: Attack = registry.get(name).configured(parameters)
    return Member(title, attack)


def _answers(classifier: Classifier, x: Tensor, number: int) -> Tensor:
    """Logits `[N, K]` of a question of its own."""
    with torch.no_grad(), question(0, number):
        return in_chunks(len(x), classifier, lambda part: (classifier(x[part]),))[0]
