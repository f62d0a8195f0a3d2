"""AdvLab's core: adversarial attacks on image classifiers, and the defenses against them.

Usage:
    import advlab
    clf = advlab.load("efficientnet_lite0")
    x = clf.prepare(picture)
    r = advlab.attack(clf, x, "pgd", norm="linf", eps=2/255)
"""

# isort: off - the first import makes torchvision importable
from advlab import _torchvision  # noqa: F401
# isort: on
from advlab import attacks, errors
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
