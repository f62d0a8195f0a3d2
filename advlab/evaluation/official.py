"""The official AutoAttack, from a checkout of its authors' repository: for development, none of it is ours.

Reference: Croce, Hein: Reliable evaluation of adversarial robustness with an ensemble of diverse
parameter-free attacks, ICML 2020, arXiv 2003.01690; code: fra31/auto-attack.
"""

import hashlib
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from advlab.core import norms
from advlab.core.classifier import Classifier
from advlab.core.memory import keep_freed
from advlab.core.norms import Norm
from advlab.errors import InputError, ThreatError
from advlab.evaluation.cascade import Broken

_NORMS = {Norm.LINF: "Linf", Norm.L2: "L2"}
# Pictures that go through the model at once on a processor; see `running.usual_batch`.
_AT_ONCE = 32


class Official:
    """The standard version on one model, a stage and a batch at a time, in float32.

    Each call goes through AutoAttack's own entry point with this one stage; since it seeds the generator
    before each stage of each batch, the calls give what one call for everything gives.

    Args:
        checkout: the folder with AutoAttack's package `autoattack` in it.
        classifier: is handed over as it is: an `nn.Module` that gives logits for pictures in [0, 1].
        norm, eps: the radius, as `advlab.attack` takes it.
        seed: AutoAttack seeds the global generator with it; the generator is put back afterwards.

    Raises:
        InputError: there is no AutoAttack in the checkout. ThreatError: it has no such norm.
    """

    stages: tuple[str, ...] = ("apgd-ce", "apgd-t", "fab-t", "square")

    def __init__(self, checkout: Path, classifier: Classifier, *, norm: str | Norm, eps: float, seed: int = 0) -> None:
        self.norm, self.eps, self.seed = Norm(norm), eps, seed
        if self.norm not in _NORMS:
            raise ThreatError(f"AutoAttack's standard version works in L∞ and L2, not in {self.norm.symbol}.")
        self.classifier = classifier
        self.version = f"official, standard, {_commit(checkout)}"
        package = _package(checkout)
        self._attack: Any = package.AutoAttack(
            _InParts(classifier),
            norm=_NORMS[self.norm],
            eps=eps,
            seed=seed,
            verbose=False,
            version="standard",
            device=str(classifier.device),
        )
        self._heard: list[str] = []
        for part in (self._attack, self._attack.apgd, self._attack.apgd_targeted):
            part.logger = self
        if classifier.device.type == "cpu":
            keep_freed()

    def log(self, line: str) -> None:
        """What AutoAttack calls its logger with: the warnings of its checks."""
        self._heard.append(str(line))

    def run(self, stage: str, images: Tensor, labels: Tensor) -> Broken:
        """One stage on pictures `[N, C, H, W]` of classes `[N]`."""
        self._heard.clear()
        self._attack.attacks_to_run = [stage]
        devices = [self.classifier.device] if self.classifier.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            found, answers = self._attack.run_standard_evaluation(images, labels, bs=len(images), return_labels=True)
        sizes = norms.size(found - images, self.norm)
        sound = norms.within(sizes, torch.full_like(sizes, self.eps)) & found.flatten(1).isfinite().all(1)
        sound &= (found.flatten(1).amin(1) >= 0) & (found.flatten(1).amax(1) <= 1)
        return Broken(answers != labels, sound, tuple(dict.fromkeys(self._heard)))


class _InParts(nn.Module):
    """The model on few pictures at a time: the same numbers, faster on a processor."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier
        self.at_once = _AT_ONCE if classifier.device.type == "cpu" else 2**30

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.classifier(part) for part in torch.split(x, self.at_once)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)


def _commit(checkout: Path) -> str:
    """Which version it is: its commit, or a digest of its files where git does not know."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short=7", "HEAD"]
    try:
        if not (checkout / ".git").exists():
            raise FileNotFoundError(checkout / ".git")  # git would answer with a repository around it
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        files = sorted((checkout / "autoattack").glob("*.py"))
        return f"files {hashlib.sha256(b''.join(file.read_bytes() for file in files)).hexdigest()[:7]}"


def _package(checkout: Path) -> ModuleType:
    """AutoAttack's package, from this folder and from no other."""
    place = checkout.expanduser().resolve()
    sys.path.insert(0, str(place))
    try:
        package = importlib.import_module("autoattack")
    except ImportError as error:
        raise InputError(
            f"There is no AutoAttack in {checkout} ({error}): give the folder of a clone of fra31/auto-attack."
        ) from error
    finally:
        sys.path.remove(str(place))
    if place not in Path(str(package.__file__)).resolve().parents:
        raise InputError(f"Another AutoAttack is in use already, that of {package.__file__}.")
    return package
