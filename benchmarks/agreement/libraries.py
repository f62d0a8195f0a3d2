"""Each library's attacks behind one signature: pictures and labels in, adversarial pictures out.

Libraries are imported when they are run, so that a missing one costs only its own rows. AutoAttack and adv-lib are not
on an index in the version that is meant: they are clones whose folders are given.
"""

import importlib
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import peers
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import advlab

from .subjects import Subject

Run = Callable[[Subject], Tensor]
# How many pictures a peer is given at once.
_TOGETHER = 32
CLONES: dict[str, Path | None] = {"autoattack": None, "adv_lib": None}


@dataclass(frozen=True)
class Peer:
    """One library's version of an attack."""

    run: Run
    defect: str = ""  # reproduced, see the README
    share: float = 1.0  # of the pictures that it is given, where it is slow
    not_run: str = ""  # why, if it is not
    ceiling: bool = False  # sees more than ours: shown, and not compared with


@dataclass(frozen=True)
class Attack:
    """One attack in all libraries that have it, with the same steps and radius."""

    title: str
    norm: str
    gradients: float  # about how many a picture takes
    ours: str
    parameters: dict[str, Any]
    peers: dict[str, Peer] = field(default_factory=dict)
    eps: float | None = None  # None: the smallest change is looked for
    targeted: bool = False
    same_queries: bool = False  # ours is given as many as the peer took that it is compared with


class Counted(nn.Module):
    """Counts the pictures that go through a network."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module, self.images = module, 0
        # Peers ask a parameter for the device.
        self.nothing = nn.Parameter(torch.zeros(1, device=getattr(module, "device", "cpu")))

    def forward(self, x: Tensor) -> Tensor:
        self.images += len(x)
        return self.module(x)


def ours(attack: Attack, s: Subject, most_queries: int | None) -> tuple[Tensor, float]:
    """The adversarial pictures, and the queries for one."""
    goal = advlab.Targeted(s.targets) if attack.targeted else None
    found = advlab.attack(
        s.classifier, s.x, attack.ours, norm=attack.norm, eps=attack.eps, goal=goal,
        labels=None if attack.targeted else s.labels, max_queries=most_queries if attack.same_queries else None,
        **attack.parameters,
    )  # fmt: skip
    return found.adversarial, float(found.queries.double().mean())


def in_parts(run: Run, size: int = _TOGETHER) -> Run:
    """So many pictures at once."""

    def parts(s: Subject) -> Tensor:
        pairs = zip(s.x.split(size), s.labels.split(size), strict=True)
        return torch.cat([run(replace(s, x=x, labels=labels)).detach() for x, labels in pairs])

    return parts


def torchattacks(make: Callable[[Any, nn.Module], Any]) -> Run:
    """`make` gets the library and the network."""

    def run(s: Subject) -> Tensor:
        import torchattacks as library

        return make(library, s.classifier)(s.x, s.labels)

    return in_parts(run)


def foolbox(make: Callable[[Any], Any], eps: float | None = None, *, alone: bool = False) -> Run:
    """`make` gets the library's attacks."""

    def run(s: Subject) -> Tensor:
        import foolbox as library

        model = library.PyTorchModel(s.classifier, bounds=(0, 1), device=s.x.device)
        return make(library.attacks)(model, s.x, s.labels, epsilons=eps)[1]

    return in_parts(run, 1 if alone else _TOGETHER)


def art(make: Callable[[Any, Any], Any], *, probabilities: bool = False) -> Run:
    """`make` gets the library's evasion attacks and its estimator, which may have to answer with probabilities."""

    def run(s: Subject) -> Tensor:
        from art.attacks import evasion

        np.mat = np.asmatrix  # noqa: NPY201 - its GeoDA asks for what NumPy 2 has no more
        network = nn.Sequential(s.classifier, nn.Softmax(1)).eval() if probabilities else s.classifier
        estimator = peers.art_classifier(network, tuple(s.x.shape[1:]), s.classes, s.x.device.type)
        attack = make(evasion, estimator)
        labels = s.targets if attack.targeted else s.labels
        wanted = F.one_hot(labels, s.classes).cpu().numpy()
        return torch.from_numpy(attack.generate(s.x.cpu().numpy(), y=wanted).astype(np.float32)).to(s.x.device)

    return in_parts(run)


def _clone(package: str, module: str) -> Any:
    folder = CLONES[package]
    if folder is None:
        raise ImportError("no clone of it was given")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))  # before this folder, which has an autoattack, too
    if package == "adv_lib" and "visdom" not in sys.modules:  # it only draws
        sys.modules["visdom"] = types.ModuleType("visdom")
        sys.modules["visdom"].Visdom = object  # type: ignore[attr-defined]
    return importlib.import_module(f"{package}.{module}")


def adv_lib(module: str, function: str, **settings: Any) -> Run:
    """One of adv-lib's functions."""

    def run(s: Subject) -> Tensor:
        attack = getattr(_clone("adv_lib", f"attacks.{module}"), function)
        return attack(s.classifier, s.x, s.labels, **settings)

    return in_parts(run)


_OFFICIAL = {"linf": "Linf", "l2": "L2", "l1": "L1"}


def official_apgd(norm: str, eps: float, steps: int, loss: str, targets: int = 0) -> Run:
    """The official Auto-PGD with one start; with `targets` the targeted one."""

    def run(s: Subject) -> Tensor:
        library = _clone("autoattack", "autopgd_base")
        usual = {
            "n_iter": steps, "norm": _OFFICIAL[norm], "n_restarts": 1, "eps": eps, "seed": 0,
            "use_largereps": norm == "l1", "device": s.x.device,
        }  # fmt: skip
        if targets:
            attack = library.APGDAttack_targeted(s.classifier, n_target_classes=targets, **usual)
        else:
            attack = library.APGDAttack(s.classifier, loss=loss, **usual)
        return attack.perturb(s.x, s.labels)

    return in_parts(run)


def official_square(norm: str, eps: float, queries: int, share: float) -> Run:
    """The official Square with one start."""

    def run(s: Subject) -> Tensor:
        library = _clone("autoattack", "square")
        attack = library.SquareAttack(
            s.classifier, norm=_OFFICIAL[norm], n_queries=queries, eps=eps, p_init=share, seed=0, device=s.x.device
        )
        return attack.perturb(s.x, s.labels)

    return in_parts(run)


def official_fab(norm: str, steps: int, targets: int) -> Run:
    """The official FAB-T. Its radius only says whom to leave alone, so one target after the other is run by hand."""

    def run(s: Subject) -> Tensor:
        library = _clone("autoattack", "fab_pt")
        attack = library.FABAttack_PT(
            s.classifier, norm=_OFFICIAL[norm], n_iter=steps, eps=1e-6, targeted=True, n_target_classes=targets,
            device=s.x.device,
        )  # fmt: skip
        network = s.classifier.module if isinstance(s.classifier, Counted) else s.classifier  # ours is not counted
        best, least = s.x.clone(), torch.full((len(s.x),), torch.inf, device=s.x.device)
        for rank in range(2, targets + 2):
            attack.target_class = rank
            found = attack.attack_single_run(s.x, s.labels, use_rand_start=False, is_targeted=True)
            with torch.no_grad():
                fooled = network(found).argmax(1) != s.labels
            order = {"linf": torch.inf, "l2": 2, "l1": 1}[norm]
            length = torch.where(fooled, (found - s.x).flatten(1).norm(order, dim=1), torch.inf)
            better = length < least
            best[better], least = found[better], torch.minimum(length, least)
        return best

    return in_parts(run)
