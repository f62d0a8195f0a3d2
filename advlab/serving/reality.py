"""The reality check of a result: which everyday treatments its picture survives."""

import torch

from advlab import models
from advlab.analysis.survival import Survival, survive
from advlab.core.goals import Goal, Targeted, Untargeted
from advlab.serving.outcome import Outcome


def check(outcome: Outcome) -> tuple[Survival, ...]:
    """Treat the picture in every way and ask the model that was attacked."""
    request, classifier = outcome.request, models.load(outcome.request.model)
    left = request.truth if request.truth is not None else outcome.before.index
    goal: Goal = Untargeted(left) if request.target is None else Targeted(request.target)
    bound = goal.bind(1, len(classifier.labels), torch.zeros(1, dtype=torch.int64, device=classifier.device))
    return survive(classifier, outcome.clean, outcome.adversarial, bound)
