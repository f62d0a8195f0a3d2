"""AdvLab's core: adversarial attacks on image classifiers, and the defenses against them.

Usage:
    import advlab
    clf = advlab.load("efficientnet_lite0")
    x = clf.prepare(picture)
    r = advlab.attack(clf, x, "pgd", norm="linf", eps=2/255)
"""

from advlab import (
    _torchvision,  # noqa: F401
    attacks,
    errors,
)
from advlab.api import attack
from advlab.core.classifier import Classifier, Execution, wrap
from advlab.core.goals import Goal, Targeted, Untargeted
from advlab.core.norms import Norm
from advlab.core.result import AttackResult
from advlab.models import load

__version__ = "0.1.0"
__all__ = [
    "AttackResult",
    "Classifier",
    "Execution",
    "Goal",
    "Norm",
    "Targeted",
    "Untargeted",
    "attack",
    "attacks",
    "errors",
    "load",
    "wrap",
]
