"""What is proved and what is broken: a smoothed network's certified accuracy, and its accuracy under the best attack.

The truth lies between the two curves. An attack that succeeds where a certificate says that none can is looked at
again with ten times the draws: the deployed model votes with few of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from advlab import api
from advlab.core.goals import Untargeted
from advlab.core.norms import Norm
from advlab.core.smoothing import Certificate, Smoothing, certify
from advlab.evaluation import strikes
from advlab.evaluation.contender import Contender
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.models.shipped import Count

_AGAIN = 10


@dataclass(frozen=True)
class Envelope:
    """Both curves so far.

    Attributes:
        smoothing: how certificates are made.
        labels: the true classes of all pictures.
        certificates: of the pictures that were done, in the set's order.
        attacked: by L2 radius, the pictures that are right whatever the attacks did.
        inside: how often an attack succeeded within a certificate's radius.
        alarms: how often ten times the draws said so too: a certificate that was wrong.
    """

    smoothing: Smoothing
    labels: tuple[int, ...]
    certificates: tuple[Certificate, ...] = ()
    attacked: tuple[tuple[float, Count], ...] = ()
    inside: int = 0
    alarms: int = 0

    def certified(self, radius: float) -> Count:
        """Pictures that are right, and proved to stay so within this L2 radius; an abstention is neither."""
        pairs = zip(self.labels, self.certificates, strict=False)
        proved = sum(one.label == label and one.radius >= radius for label, one in pairs)
        return Count(correct=proved, of=max(1, len(self.certificates)))


def enclose(
    contender: Contender,
    data: TestSet,
    smoothing: Smoothing,
    radii: Sequence[float],
    *,
    steps: int,
    running: Running | None = None,
) -> Iterator[Envelope]:
    """After each certificate and after each radius, what is known.

    Args:
        contender: a network behind randomized smoothing, with the noise of `smoothing`.
        data: labelled pictures.
        smoothing: how certificates are made.
        radii: of the attacks, L2, ascending: what falls within one falls within the next.
        steps: of the attacks.
        running: who may stop it.
    """
    running = running or Running()
    device = contender.deployed.device
    x, labels = data.floats(slice(None)).to(device), data.labels.to(device)
    found = Envelope(smoothing, tuple(labels.tolist()))
    for image in x:
        if running.should_stop():
            return
        certificate = certify(contender.base, image, smoothing)
        yield (found := replace(found, certificates=(*found.certificates, certificate)))
    right = torch.tensor([one.label == label for one, label in zip(found.certificates, found.labels, strict=True)])
    alive = right.nonzero().squeeze(1).to(device)
    for radius in radii:
        for number, strike in enumerate(strikes.adaptive(contender, steps)):
            if len(alive) == 0:
                break
            result = api.attack(
                strike.asked, x[alive], strike.attack, norm=Norm.L2, eps=radius, goal=Untargeted(labels[alive]),
                seed=smoothing.seed + number, judge=contender.deployed, should_stop=running.should_stop,
            )  # fmt: skip
            if result.stopped:
                return
            fell = result.success
            for place, image in zip(alive[fell].tolist(), result.adversarial[fell], strict=True):
                certificate = found.certificates[place]
                if certificate.radius >= radius:
                    again = certify(contender.base, image, replace(smoothing, draws=_AGAIN * smoothing.draws))
                    wrong = again.label is not None and again.label != certificate.label
                    found = replace(found, inside=found.inside + 1, alarms=found.alarms + wrong)
            alive = alive[~fell]
        count = Count(correct=len(alive), of=len(x))
        yield (found := replace(found, attacked=(*found.attacked, (radius, count))))
