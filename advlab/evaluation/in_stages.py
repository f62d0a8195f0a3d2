"""A program of attacks over a set, stage by stage: our AutoAttack, counted as the official one is."""

import torch
from torch import Tensor

from advlab import __version__, api
from advlab.core import norms
from advlab.core.classifier import Classifier
from advlab.core.norms import Norm
from advlab.core.program import Program
from advlab.evaluation.cascade import Broken


class InStages:
    """The members of a program as `cascade` takes them.

    Args:
        program: such as `advlab.attacks.available()["autoattack"]()`.
        classifier: what is attacked.
        norm, eps: the radius, as `advlab.attack` takes it.
        seed: of the first member; each has another one, as in a run of the program itself.
    """

    def __init__(
        self, program: Program, classifier: Classifier, *, norm: str | Norm, eps: float, seed: int = 0
    ) -> None:
        self.classifier, self.norm, self.eps, self.seed = classifier, Norm(norm), eps, seed
        members = program.members(self.norm)
        self._members = {member.name: (place, member.attack) for place, member in enumerate(members)}
        self.stages: tuple[str, ...] = tuple(self._members)
        own = ", ".join(f"{name} {value}" for name, value in program.model_dump().items())
        self.version = f"AdvLab {__version__}, {program.name}: {own}"

    def run(self, stage: str, images: Tensor, labels: Tensor) -> Broken:
        """One stage on pictures `[N, C, H, W]` of classes `[N]`."""
        place, attack = self._members[stage]
        r = api.attack(
            self.classifier, images, attack, norm=self.norm, eps=self.eps, labels=labels, seed=self.seed + place,
            inside_is_enough=True,
        )  # fmt: skip
        sound = norms.within(r.norms[self.norm.value], torch.full_like(r.norms["linf"], self.eps))
        zeros = int(r.zero_gradients.sum())
        warnings = (f"{stage}: gradients that are exactly zero",) if zeros else ()
        return Broken(r.success, sound & r.adversarial.flatten(1).isfinite().all(1), warnings)
