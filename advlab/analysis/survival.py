"""Reality check: whether an adversarial picture still works after what happens to pictures in practice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from advlab.analysis.treatments import SAVED, TREATMENTS, Treatment
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.verdicts import Votes, votes
from advlab.errors import InputError


@dataclass(frozen=True)
class Survival:
    """What a treatment left of an attack.

    Attributes:
        name, group, words, detail: the treatment's; see `Treatment`.
        survives: whether the treated picture still reaches the goal: margin > 0.
        margin: the goal's margin on the treated picture, in logits.
        label, index, confidence: the model's answer to it; the confidence is softmax, not calibrated.
        own: probability of the goal's class: the one to leave, or the one to reach.
        clean_label, clean_index: the answer to the clean picture, treated in the same way: the control.
        clean_holds: whether that is the answer to the untreated clean picture.
        fair: whether the treated clean picture misses the goal. Where it does not, the treatment fools
            the model without any attack, and says nothing about this one.
    """

    name: str
    group: str
    words: str
    detail: str
    survives: bool
    margin: float
    label: str
    index: int
    confidence: float
    own: float
    clean_label: str
    clean_index: int
    clean_holds: bool
    fair: bool


def survive(
    classifier: Classifier,
    clean: np.ndarray,
    adversarial: np.ndarray,
    goal: Goal,
    treatments: Sequence[Treatment] = TREATMENTS,
) -> tuple[Survival, ...]:
    """Treat the adversarial and the clean picture in every way, and ask the model about each.

    The untreated picture is asked about alone, as where it is given out, the treated ones in one batch
    and the clean controls in another; models with randomness decide by votes, in float32 as all verdicts.

    Args:
        classifier: the model that was attacked.
        clean: pixels `[H, W, C]` uint8 at the classifier's input size.
        adversarial: of the same size.
        goal: what the attack wanted; without classes, any but the answer to the clean picture.
        treatments: what to do to them.

    Returns:
        First the picture as it was saved, then one entry a treatment, in their order.

    Raises:
        InputError: pixels of another size or type.
        ParameterError: a goal for more than one picture.
    """
    for pixels in (clean, adversarial):
        _check(classifier, pixels)
    every = (SAVED, *treatments)
    tried = _asked(classifier, [t.apply(adversarial) for t in every])
    control = _asked(classifier, [t.apply(clean) for t in every])
    clean_index = control.answer[0]
    goal = goal.bind(1, len(classifier.labels), clean_index[:1])
    goals = goal.take(torch.zeros(len(every), dtype=torch.int64))
    margins, without = tried.margin(goals), control.margin(goals)
    index, confidence = tried.answer
    own = tried.shares[:, int(goal.index[0])]
    columns = (column.tolist() for column in (margins, index, confidence, own, clean_index, without))
    return tuple(
        Survival(
            treatment.name,
            treatment.group,
            treatment.words,
            treatment.detail,
            survives=reached > 0,
            margin=reached,
            label=classifier.labels[said],
            index=said,
            confidence=sure,
            own=share,
            clean_label=classifier.labels[clean_said],
            clean_index=clean_said,
            clean_holds=clean_said == int(clean_index[0]),
            fair=clean_margin <= 0,
        )
        for treatment, reached, said, sure, share, clean_said, clean_margin in zip(every, *columns, strict=True)
    )


def summary(survivals: Sequence[Survival], *, targeted: bool = False) -> str:
    """What `survive` found, in one or two sentences.

    Treatments that fool the model without any attack are not counted. An attack with a target may miss it and
    leave the answer wrong all the same, so then nothing is said to be undone.
    """
    saved, treated = survivals[0], survivals[1:]
    if not saved.survives:
        return "The saved picture does not reach the goal, so there is nothing to survive."
    if not saved.fair:
        return "The clean picture reaches the goal by itself, so there is nothing to survive."
    counted = [s for s in treated if s.fair]
    if not counted:
        return "Every treatment fools the model without any attack, so none says anything about this one."
    return _counts(counted, "make it miss its target" if targeted else "undo it") + _aside(len(treated) - len(counted))


def _counts(counted: Sequence[Survival], end: str) -> str:
    total, lost = len(counted), [s for s in counted if not s.survives]
    treatments = "treatment" if total == 1 else "treatments"
    if not lost:
        return f"It survives all {total} treatments." if total > 1 else "It survives the one treatment."
    kept = total - len(lost) or "none"
    return f"It survives {kept} of {total} {treatments}; {lost[0].words} is enough to {end}."


def _aside(uncounted: int) -> str:
    if uncounted == 0:
        return ""
    what = "1 other treatment fools" if uncounted == 1 else f"{uncounted} other treatments fool"
    return f" {what} the model without any attack, and {'is' if uncounted == 1 else 'are'} not counted."


def _check(classifier: Classifier, pixels: np.ndarray) -> None:
    channels, height, width = classifier.input_size
    if pixels.dtype != np.uint8 or pixels.shape != (height, width, channels):
        raise InputError(
            f"{classifier.name} takes pixels of shape ({height}, {width}, {channels}) and type uint8 here, "
            f"not {pixels.shape} and {pixels.dtype}."
        )


def _asked(classifier: Classifier, pictures: Sequence[np.ndarray]) -> Votes:
    """What is said about each, the first picture asked about alone.

    A picture that only just fools the model may do so in one batch and not in another: alone it is asked
    about as the verdict of its run was found.
    """
    values = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    images = (values.to(classifier.device, classifier.dtype) / 255).contiguous()
    parts = [votes(classifier, images[:1])]
    if len(images) > 1:
        parts.append(votes(classifier, images[1:]))
    return Votes(torch.cat([part.said for part in parts], 1), len(classifier.labels))
