"""The networks that are attacked, the pictures that they know, and how far an attack may go on each."""

from dataclasses import dataclass, replace
from pathlib import Path

import pictures
import torch
from torch import Tensor, nn

import advlab
from advlab import models
from advlab.data import sets
from advlab.evaluation.testset import as_named, choose

# The radii are where neither everything nor nothing falls; `work` is how many gradients of a picture a row may cost if
# that leaves `least` pictures, `pace` which share of the steps of the searches for the smallest change is taken.
NETWORKS: dict[str, dict] = {
    "mnist_standard": {"radii": {"linf": 0.1, "l2": 1.5, "l1": 6.0}, "work": 4000, "least": 8},
    "mnist_pgd": {"radii": {"linf": 0.3, "l2": 2.0, "l1": 10.0}, "work": 4000, "least": 8},
    "cifar10_standard": {"radii": {"linf": 1 / 255, "l2": 0.15, "l1": 2.0}, "work": 400, "pace": 0.4},
    "cifar10_pgd": {"radii": {"linf": 8 / 255, "l2": 0.5, "l1": 12.0}, "work": 400, "pace": 0.4},
    "efficientnet_lite0": {"radii": {"linf": 0.5 / 255, "l2": 0.1, "l1": 10.0}, "work": 160, "pace": 0.4},
}
PHOTOS = 32


@dataclass(frozen=True)
class Subject:
    """A network, pictures that it gets right, and what may be spent on them."""

    name: str
    classifier: nn.Module  # for a peer with a counter around it
    x: Tensor
    labels: Tensor
    classes: int
    radii: dict[str, float]
    work: int
    least: int = 4
    pace: float = 1.0
    quick: bool = False

    @property
    def targets(self) -> Tensor:
        """The class after the right one."""
        return (self.labels + 1) % self.classes

    @property
    def usual_share(self) -> float:
        """Of the pixels in Square's first squares: what its authors take for photos, and for small networks."""
        return 0.05 if self.name.startswith("efficientnet") else 0.8

    def first(self, count: int) -> "Subject":
        """The same with fewer pictures."""
        return replace(self, x=self.x[:count], labels=self.labels[:count])

    def affordable(self, gradients: float) -> int:
        """How many pictures an attack is given that takes so many gradients a picture."""
        return max(2 if self.quick else self.least, min(len(self.x), int(self.work / gradients)))


def subject(name: str, data: Path, count: int, device: str, *, work: int | None, quick: bool) -> Subject:
    """`count` test pictures that the network knows, or parts of photos with the network's answers as labels.

    Args:
        name: one of `NETWORKS`.
        data: the folder in which there is one for each set.
        count: how many pictures at most.
        device: where everything is computed.
        work: gradients of a picture that a row may cost; the network's own if left out.
        quick: only to see whether everything runs.
    """
    network, settings = advlab.load(name, device), NETWORKS[name]
    if name.startswith("efficientnet"):
        x = pictures.images(network, min(count, PHOTOS)).to(device)
        labels = answers(network, x)
    else:
        read = sets.read(data / name.split("_", maxsplit=1)[0], "test", network.input_size)
        chosen = choose(as_named(read, network.labels), 2 * count)
        x, truth = chosen.floats(slice(None)).to(device), chosen.labels.to(device)
        known = (answers(network, x) == truth).nonzero().squeeze(1)[:count]
        x, labels = x[known], truth[known]
    classes = len(models.card(name).labels())
    given = {"work": work or settings["work"], "least": settings.get("least", 4), "pace": settings.get("pace", 1.0)}
    return Subject(name, network, x, labels, classes, settings["radii"], quick=quick, **given)


def answers(network: nn.Module, x: Tensor) -> Tensor:
    """The classes that the network says."""
    with torch.no_grad():
        return torch.cat([network(part).argmax(1) for part in x.split(32)])
