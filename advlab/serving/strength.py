"""The model's opinion along the line from the clean picture through the one that was found."""

from dataclasses import dataclass

import numpy as np
import torch

from advlab import models
from advlab.core import norms
from advlab.core.norms import Norm
from advlab.core.verdicts import votes
from advlab.serving.lab import opinion
from advlab.serving.outcome import Opinion, Outcome

# Multiples of the change that was found: from none to twice as much.
FURTHEST = 2.0
POINTS = 41
_CLASSES = 5


@dataclass(frozen=True)
class Line:
    """Probabilities at `POINTS` evenly spaced multiples of the change; pixels stay in [0, 1]."""

    multiples: tuple[float, ...]
    indices: tuple[int, ...]  # the clean answer first, then the likeliest of the others
    labels: tuple[str, ...]  # their names
    shares: tuple[tuple[float, ...], ...]  # one row a multiple, one column a label
    size: float  # of the whole change, in the run's norm
    flip: float | None  # the smallest multiple at which the answer is another one, to within a point


@dataclass(frozen=True)
class Checked:
    """One multiple, asked of the model exactly, as it is and as a file would hold it."""

    multiple: float
    opinion: Opinion
    probabilities: np.ndarray  # [K] of all classes
    saved: Opinion  # rounded to 8 bits
    size: float  # what is left of the change after cutting to [0, 1], in the run's norm


def line(outcome: Outcome) -> Line:
    """Ask the model along the line."""
    classifier = models.load(outcome.request.model)
    multiples = torch.linspace(0, FURTHEST, POINTS).tolist()
    mean = votes(classifier, torch.cat([_at(outcome, t) for t in multiples]).to(classifier.device)).shares
    answers = mean.argmax(1).tolist()
    others = [k for k in mean.amax(0).topk(min(_CLASSES + 1, mean.shape[1])).indices.tolist() if k != answers[0]]
    shown = [answers[0], *others[:_CLASSES]]
    flip = next((t for t, k in zip(multiples, answers, strict=True) if k != answers[0]), None)
    return Line(
        tuple(multiples),
        tuple(shown),
        tuple(classifier.labels[k] for k in shown),
        tuple(map(tuple, mean[:, shown].tolist())),
        _size(outcome, 1.0),
        flip,
    )


def check(outcome: Outcome, multiple: float) -> Checked:
    """Ask the model about exactly this multiple of the change."""
    classifier = models.load(outcome.request.model)
    multiple = min(max(multiple, 0.0), FURTHEST)
    x = _at(outcome, multiple)
    both = torch.cat([x, (x * 255).round() / 255]).to(classifier.device)
    exact, saved = votes(classifier, both).shares
    says, file = opinion(classifier, exact), opinion(classifier, saved)
    return Checked(multiple, says, exact.cpu().numpy(), file, _size(outcome, multiple))


def _change(outcome: Outcome) -> tuple[torch.Tensor, torch.Tensor]:
    clean = torch.from_numpy(outcome.clean).permute(2, 0, 1).unsqueeze(0).float() / 255
    return clean, torch.from_numpy(np.ascontiguousarray(outcome.unrounded)).unsqueeze(0) - clean


def _at(outcome: Outcome, multiple: float) -> torch.Tensor:
    clean, change = _change(outcome)
    return (clean + multiple * change).clamp(0, 1)


def _size(outcome: Outcome, multiple: float) -> float:
    clean, _ = _change(outcome)
    return float(norms.size(_at(outcome, multiple) - clean, Norm(outcome.request.norm)))
