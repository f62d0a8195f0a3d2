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
    defenses,
    errors,
)
from advlab._version import __version__
from advlab.api import attack
from advlab.core import adapters
from advlab.core.classifier import Classifier, Execution, wrap
from advlab.core.ensemble import ensemble
from advlab.core.goals import Goal, Targeted, Untargeted
from advlab.core.norms import Norm
from advlab.core.result import AttackResult
from advlab.core.rounding import EightBit
from advlab.core.rounding import give_out as round_to_8_bits
from advlab.core.service import Service
from advlab.data.sources import open_picture
from advlab.models import load
from advlab.recorded import compare_execution, pixel_digest

__all__ = [
    "AttackResult",
    "Classifier",
    "EightBit",
    "Execution",
    "Goal",
    "Norm",
    "Service",
    "Targeted",
    "Untargeted",
    "__version__",
    "adapters",
    "attack",
    "attacks",
    "compare_execution",
    "defenses",
    "ensemble",
    "errors",
    "load",
    "open_picture",
    "pixel_digest",
    "round_to_8_bits",
    "wrap",
]
