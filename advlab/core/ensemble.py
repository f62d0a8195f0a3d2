"""Several classifiers as one: the mean of their logits, for pictures that are to fool others, too."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from advlab.core.classifier import Classifier, Execution, Size, without_normalisation
from advlab.core.rejecting import Rejecting
from advlab.errors import ParameterError


class _Mean(nn.Module):
    """The mean of the members' logits; each is shown the picture at its own size, and normalises by itself."""

    def __init__(self, members: Sequence[Classifier]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.sizes = tuple(member.input_size for member in members)

    def extra_repr(self) -> str:
        """The sizes, which decide what is scaled: part of the classifier's digest."""
        return str(self.sizes)

    def forward(self, x: Tensor) -> Tensor:
        answers = [member(_sized(x, size)) for member, size in zip(self.members, self.sizes, strict=True)]
        return torch.stack(answers).mean(0)


def _sized(x: Tensor, size: Size) -> Tensor:
    """Images of another height and width.

    Scaled linearly, antialiased: that stays in [0, 1] by itself, so that no gradient is lost to clipping.
    """
    if tuple(x.shape[1:]) == size:
        return x
    return F.interpolate(x, size[1:], mode="bilinear", antialias=True)


def ensemble(classifiers: Sequence[Classifier], *, input_size: Size | None = None) -> Classifier:
    """A classifier that answers with the mean of several ones' logits.

    What fools many networks at once is more likely to fool one that was never asked. Defended classifiers can be
    members, random ones too: then as many votes decide as the member with the most of them needs. A pass through the
    whole is one through each member.

    Reference: Liu, Chen, Liu, Song: Delving into transferable adversarial examples and black-box attacks, ICLR 2017,
    arXiv 1611.02770; of logits: Dong et al.: Boosting adversarial attacks with momentum, CVPR 2018, arXiv 1710.06081.

    Args:
        classifiers: they tell the same classes apart, on one device; each keeps its normalisation and its input size.
        input_size: `(C, H, W)` of the whole; the first one's if left out. Where a member's is another, pictures are
            scaled for it, differentiably.

    Raises:
        ParameterError: they do not go together; with a sentence.
    """
    if not classifiers:
        raise ParameterError("An ensemble has at least one classifier.")
    first = classifiers[0]
    size = first.input_size if input_size is None else input_size
    for member in classifiers:
        _check(member, first, size)
    return Classifier(
        _Mean(classifiers),
        first.labels,
        size,
        name=" + ".join(member.name for member in classifiers),
        preprocessing=without_normalisation(first.preprocessing),
        execution=Execution(channels_last=False),  # each member arranges its own input
        votes=max(member.votes for member in classifiers),
        passes=sum(member.passes for member in classifiers),
    )


def _check(member: Classifier, first: Classifier, size: Size) -> None:
    """That a member goes with the first one, and with pictures of this size."""
    if isinstance(member, Rejecting):
        raise ParameterError(
            f"{member.name} may refuse to answer, and a mean of logits cannot: take the classifier that it guards."
        )
    if member.labels != first.labels:
        raise ParameterError(
            f"{first.name} and {member.name} tell different classes apart, so their logits have no mean: choose "
            "models with the same classes in the same order."
        )
    if member.input_size[0] != size[0]:
        raise ParameterError(
            f"{member.name} takes pictures of {member.input_size[0]} channels, and these have {size[0]}: choose "
            "models that all see colours, or all grey."
        )
    if member.device != first.device:
        raise ParameterError(
            f"{first.name} is on {first.device} and {member.name} on {member.device}: load both on one."
        )
