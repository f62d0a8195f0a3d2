"""The other libraries' attacks behind one signature: images in, adversarial images out.

None of them is needed by AdvLab itself. Each builder imports its library, so that a missing one costs
only its own rows.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Peer = Callable[[Tensor], Tensor]


def _answers(module: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        return module(x).argmax(1)


def bare_loop(module: nn.Module, x: Tensor, eps: float, step_size: float, steps: int) -> Tensor:
    """PGD as one writes it by hand: labels, gradients, one last look at the model."""
    labels = _answers(module, x)
    point = x
    for _ in range(steps):
        point = point.detach().requires_grad_()
        loss = F.cross_entropy(module(point), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, point)
        moved = point.detach() + step_size * gradient.sign()
        point = torch.minimum(torch.maximum(moved, x - eps), x + eps).clamp(0, 1)
    _answers(module, point)
    return point


def torchattacks_pgd(module: nn.Module, eps: float, step_size: float, steps: int) -> Peer:
    import torchattacks

    attack = torchattacks.PGD(module, eps=eps, alpha=step_size, steps=steps, random_start=False)

    def run(x: Tensor) -> Tensor:
        adversarial = attack(x, _answers(module, x))
        _answers(module, adversarial)
        return adversarial

    return run


def foolbox_pgd(module: nn.Module, eps: float, step_size: float, steps: int) -> Peer:
    """foolbox gives its own verdict: no last look is added."""
    import foolbox

    model = foolbox.PyTorchModel(module, bounds=(0, 1))
    attack = foolbox.attacks.LinfProjectedGradientDescentAttack(abs_stepsize=step_size, steps=steps, random_start=False)
    return lambda x: attack(model, x, _answers(module, x), epsilons=eps)[1]


def art_classifier(module: nn.Module, shape: tuple[int, ...], classes: int, device: str = "cpu"):  # ART is not typed
    from art.estimators.classification import PyTorchClassifier

    return PyTorchClassifier(
        module, nn.CrossEntropyLoss(), input_shape=shape, nb_classes=classes, clip_values=(0, 1),
        device_type="cpu" if device == "cpu" else "gpu",
    )  # fmt: skip


def art_pgd(module: nn.Module, eps: float, step_size: float, steps: int) -> Peer:
    """ART asks for the labels by itself when it is given none."""
    from art.attacks.evasion import ProjectedGradientDescentPyTorch

    estimator = art_classifier(module, (3, 224, 224), 1000)
    attack = ProjectedGradientDescentPyTorch(
        estimator, eps=eps, eps_step=step_size, max_iter=steps, num_random_init=0, batch_size=64, verbose=False
    )

    def run(x: Tensor) -> Tensor:
        adversarial = torch.from_numpy(attack.generate(x.numpy()).astype(np.float32))
        _answers(module, adversarial)
        return adversarial

    return run
