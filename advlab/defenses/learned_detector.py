"""A second, small network that is trained to tell adversarial pictures from clean ones by the first one's features."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from advlab.core import losses, norms
from advlab.core.attack import Widget, param
from advlab.core.features import Features
from advlab.core.goals import Untargeted
from advlab.core.learning import LearningDetector
from advlab.core.memory import in_chunks
from advlab.core.norms import Norm
from advlab.core.randomness import Noise
from advlab.defenses import register

# Steps of the attack that it learns from.
_STEPS = 10
# Hidden units; rounds of training, their step, and the weight of the squared weights.
_HIDDEN = 32
_ROUNDS, _RATE, _DECAY = 150, 0.02, 0.003


@register
class LearnedDetector(LearningDetector):
    """The suspicion is the logit of a classifier of features, clean or adversarial, with one hidden layer.

    It learns from clean pictures and from two pictures of a PGD on each: the first that fools the network, and the
    last. With the last alone, which is deep in another class, it takes barely fooling ones for clean.

    Reference: Metzen, Genewein, Fischer, Bischoff: On detecting adversarial perturbations, ICLR 2017, arXiv
    1702.04267. Departures: penultimate features in place of a convolutional detector on earlier ones, which a few
    dozen pictures could not train; and no adversaries against the detector itself while it is trained.
    """

    name: ClassVar[str] = "learned_detector"
    title: ClassVar[str] = "Learned detector"

    eps: float = param(
        8 / 255, "Radius", "L∞, of the adversarial pictures it learns from, for pixels in [0, 1].", gt=0, le=1,
        widget=Widget(1 / 255, 32 / 255, 1 / 255),
    )  # fmt: skip

    def learned(self, network: Features, images: Tensor, answers: Tensor, features: Tensor) -> nn.Module:
        """Trained on three pictures of each: itself, the first and the last adversarial one."""

        def work(part: slice) -> tuple[Tensor, ...]:
            return self._attacked(network, images[part], answers[part])

        first, last = in_chunks(len(images), network.inner, work, backward=True)
        return _Told(network, features, torch.cat((first, last)))

    def _attacked(self, network: Features, clean: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
        """Features `[N, F]` of the first picture that fools the network, or the last if none does, and of the last."""
        goal = Untargeted().bind(len(clean), network.classes, answers)
        clean = clean.to(answers.device, network.inner.dtype)
        eps = clean.new_full((len(clean),), self.eps)
        fooled = torch.zeros_like(answers, dtype=torch.bool)
        with torch.enable_grad():
            x = clean.clone().requires_grad_()
            logits, features = network(x)
            first = last = features.detach()
            for _ in range(_STEPS):
                (gradient,) = torch.autograd.grad(losses.cross_entropy(logits, goal).sum(), x)
                x = x.detach() + 2.5 * self.eps / _STEPS * norms.steepest(gradient, Norm.LINF)
                x = norms.project(x, clean, Norm.LINF, eps).requires_grad_()
                logits, features = network(x)
                last = features.detach()
                first = torch.where(fooled.unsqueeze(1), first, last)
                fooled = fooled | (goal.margin(logits.detach()) > 0)
        return first, last


class _Told(nn.Module):
    """One hidden layer on standardised features; its slope is nowhere flat, so that it hides no gradient."""

    centre: Tensor
    scale: Tensor
    hidden: Tensor
    shift: Tensor
    out: Tensor

    def __init__(self, network: Features, clean: Tensor, adversarial: Tensor) -> None:
        super().__init__()
        self.network = network
        data = torch.cat((clean, adversarial)).cpu().double()
        spread = data.std(0)
        numbers = {"centre": data.mean(0), "scale": torch.where(spread > 0, spread, 1).reciprocal()}
        numbers |= _trained((data - numbers["centre"]) * numbers["scale"], len(clean))
        for name, number in numbers.items():
            self.register_buffer(name, number.to(clean))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, features = self.network(x)
        with torch.autocast(x.device.type, enabled=False):
            data = (features - self.centre) * self.scale
            return logits, _layers(data, self.hidden, self.shift, self.out)


def _layers(data: Tensor, hidden: Tensor, shift: Tensor, out: Tensor) -> Tensor:
    """`[N]` of `[N, F]`; there is no constant at the end, as the threshold would be moved by it."""
    return F.silu(data @ hidden + shift) @ out


def _trained(data: Tensor, clean: int) -> dict[str, Tensor]:
    """The weights for standardised features `[N, F]`, of which so many are clean; both kinds weigh the same.

    By Adam on all of them at once, always from the same noise, so that the same pictures give the same detector.
    Written out, because the first use of `torch.optim` imports a compiler, which takes longer than all the rest.
    """
    width = data.shape[1]
    adversarial = (torch.arange(len(data)) >= clean).to(data)
    weight = torch.where(adversarial > 0, 0.5 / (len(data) - clean), 0.5 / clean)

    def named(numbers: Tensor) -> dict[str, Tensor]:
        return {"hidden": numbers[:width], "shift": numbers[width], "out": numbers[width + 1]}

    numbers = Noise(torch.zeros(1, dtype=torch.int64)).normal((width + 2, _HIDDEN))[0].to(data)
    numbers[:width] /= width**0.5
    numbers[width] = 0
    numbers[width + 1] /= _HIDDEN**0.5
    mean, square = torch.zeros_like(numbers), torch.zeros_like(numbers)
    for number in range(1, _ROUNDS + 1):
        numbers.requires_grad_()
        with torch.enable_grad():
            said = _layers(data, **named(numbers))
            wrong = F.binary_cross_entropy_with_logits(said, adversarial, weight, reduction="sum")
            (gradient,) = torch.autograd.grad(wrong + _DECAY / 2 * numbers.square().sum(), numbers)
        mean = mean.lerp(gradient, 1 - 0.9)
        square = square.lerp(gradient.square(), 1 - 0.999)
        step = mean / (1 - 0.9**number) / (square / (1 - 0.999**number)).sqrt().add(1e-8)
        numbers = numbers.detach() - _RATE * step
    return named(numbers)
