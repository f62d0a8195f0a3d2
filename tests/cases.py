"""What the conformance tests run over: every registered attack, in every norm, with both goals.

A new attack needs no line here. `SMALL` only makes the known ones cheaper than the generic values do.
"""

from dataclasses import dataclass

import torch

import advlab
from advlab.core.attack import Objective
from advlab.core.program import Program

GENERIC = {"steps": 5, "search_steps": 2, "restarts": 2, "samples": 4}
SMALL = {
    "cw": {"steps": 15, "search_steps": 2, "initial_const": 1.0, "step_size": 0.03},
    "cw_linf": {"steps": 6, "initial_const": 1.0, "tightening": 0.5},
    "square": {"steps": 20},
    "sparse_rs": {"steps": 15},
    "one_pixel": {"population": 12},
    **{name: {"steps": 3, "amounts": 4} for name in ("salt_and_pepper", "blended_noise", "gaussian_noise")},
    "spatial": {"angles": 5, "shifts": 3},
    **{name: {"samples": 2} for name in ("bsr", "vmi_fgsm", "vni_fgsm")},
    "si_ni_fgsm": {"scales": 2},
    "ead": {"steps": 12, "search_steps": 2, "initial_const": 10.0},
    "hopskipjump": {"steps": 3, "first_probes": 10},
    "autoattack": {"steps": 5, "squares": 5},
    # Enough of them to get somewhere, and few enough to be quick.
    "nes": {"steps": 6, "samples": 10, "sigma": 0.01},
    "spsa": {"steps": 12, "samples": 10, "step_size": 0.03},
    "signhunter": {"steps": 40},
    "simba": {"steps": 60, "step_size": 0.4},
    "zoo": {"steps": 8, "search_steps": 2, "coordinates": 10, "step_size": 0.1, "initial_const": 10.0},
    # One start: the radius is part of where the others begin.
    "fab": {"restarts": 1},
}
EPS = {"linf": 0.1, "l2": 0.6, "l1": 1.5, "l0": 6.0}
BUDGET = 150


@dataclass(frozen=True)
class Case:
    """One attack in one norm with one kind of goal."""

    name: str
    norm: str
    targeted: bool = False

    def __str__(self) -> str:
        return f"{self.name}-{self.norm}-{'targeted' if self.targeted else 'untargeted'}"

    @property
    def kind(self):
        return advlab.attacks.available()[self.name]

    @property
    def minimal(self):
        return self.kind.objective is Objective.MINIMAL

    @property
    def scale_free(self):
        return self.kind.scale_free[self.targeted]

    @property
    def parameters(self):
        generic = {key: value for key, value in GENERIC.items() if key in self.kind.model_fields}
        return {**generic, **SMALL.get(self.name, {})}

    def goal(self, classes):
        return advlab.Targeted(classes) if self.targeted else advlab.Untargeted(classes)

    def run(self, classifier, x, **options):
        """A cheap run; attacks with a radius get a middling one. Options win over all of that."""
        chosen = {"norm": self.norm, "max_queries": BUDGET, **self.parameters, **options}
        if not self.minimal:
            chosen.setdefault("eps", EPS[self.norm])
        return advlab.attack(classifier, x, self.name, **chosen)

    def classes(self, classifier, x, *, reached=()):
        """Classes for the goal: not reached yet, except in the rows `reached`."""
        with torch.no_grad():
            order = classifier(x).argsort(1, descending=True)
        own, second = order[:, 0], order[:, 1]
        away, reach = (own, second) if not self.targeted else (second, own)
        beyond = torch.zeros(len(x), dtype=torch.bool)
        beyond[list(reached)] = True
        return torch.where(beyond, reach, away)


CASES = [
    Case(name, norm.value, targeted)
    for name, kind in advlab.attacks.available().items()
    for norm in kind.norms
    for targeted in (False, True)[: 1 + (norm is kind.norms[0])]  # targets are no different in another norm
]


def _first_of_each_kind():
    found = {}
    for case in CASES:
        found.setdefault((issubclass(case.kind, Program), case.kind.access, case.kind.objective, case.targeted), case)
    return list(found.values())


# One of each kind, for what the driver and the public function do before or around any attack.
KINDS = _first_of_each_kind()
