"""What is wrong with a model, found before an attack is judged on it."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from advlab.core.classifier import Classifier
from advlab.core.memory import out_of_memory
from advlab.errors import ModelError


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: right, wrong, or (None) worth knowing before trusting a result."""

    name: str
    ok: bool | None
    sentence: str


def preflight(classifier: Classifier) -> tuple[Check, ...]:
    """Look a classifier over with four small pictures; a network that cannot answer ends the list early.

    Costs about nine queries and four gradients. What is only a fact (size, speed, digest) is a check that is right.
    """
    x = _pictures(classifier)
    try:
        with torch.no_grad():
            logits, alone = classifier(x), classifier(x[:1])
            started = time.perf_counter()  # not at the first pass, which prepares itself
            again = classifier(x)
            again.sum().item()  # a GPU is waited for
            query = (time.perf_counter() - started) / len(x)
    except ModelError as error:
        return (Check("output", False, str(error)),)
    except (RuntimeError, AssertionError, ValueError, TypeError, IndexError) as error:
        return (Check("output", False, _failure(classifier, error)),)
    checks = [_output(logits), _finite(logits)]
    if checks[-1].ok:
        checks += [_logits(logits), _same(logits, again, alone, classifier), _various(logits)]
        checks += _gradient(classifier, x)
    return (*checks, *_facts(classifier, query))


def _pictures(classifier: Classifier) -> Tensor:
    """Black, a ramp, noise, and noise with a bright half: `[4, C, H, W]` in [0, 1]."""
    channels, height, width = classifier.input_size
    noise = torch.rand((2, channels, height, width), generator=torch.Generator().manual_seed(0))
    noise[1, :, :, : width // 2] = 1 - noise[1, :, :, : width // 2] / 4
    ramp = torch.linspace(0, 1, width).expand(channels, height, width)
    return torch.stack([torch.zeros(channels, height, width), ramp, *noise]).to(classifier.device)


def _failure(classifier: Classifier, error: Exception) -> str:
    if out_of_memory(error):
        return f"The memory of {classifier.device} is too small for four pictures: choose a smaller network."
    words = (str(error).splitlines() or [""])[0][:200]
    size = " × ".join(map(str, classifier.input_size))
    return f"The network fails on pictures of {size}: give the size that it was trained with ({words})."


def _output(logits: Tensor) -> Check:
    return Check("output", True, f"One answer for each of {logits.shape[1]} classes.")


def _finite(logits: Tensor) -> Check:
    if bool(logits.isfinite().all()):
        return Check("numbers", True, "All answers are finite numbers.")
    return Check(
        "numbers", False, "Some answers are NaN or infinite: the weights are damaged or overflow; export anew."
    )


def _logits(logits: Tensor) -> Check:
    sums = logits.sum(1)
    within = bool(((logits >= 0) & (logits <= 1)).all())
    if within and torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        return Check(
            "logits",
            False,
            "The answers are probabilities, and where they are sure the gradients vanish: "
            "give the network without its softmax.",
        )
    return Check("logits", True, "The answers are logits, not probabilities.")


def _same(logits: Tensor, again: Tensor, alone: Tensor, classifier: Classifier) -> Check:
    scale = float(logits.abs().max()) + 1e-6
    if float((logits - again).abs().max()) > 1e-4 * scale:
        voting = "" if classifier.votes > 1 else ": results will vary, so let several passes vote (votes=5)"
        return Check("repeatable", None, f"Two passes over the same pictures differ{voting}.")
    if float((logits[:1] - alone).abs().max()) > 1e-3 * scale:
        return Check(
            "repeatable", None, "A picture's answer depends on what else is in its batch: attack one at a time."
        )
    return Check("repeatable", True, "The same picture gets the same answer, alone and among others.")


def _various(logits: Tensor) -> Check:
    spread = float((logits - logits[:1]).abs().max())
    if spread <= 1e-6 * (float(logits.abs().max()) + 1e-6):
        return Check("answers", False, "Very different pictures get one and the same answer: the weights say nothing.")
    return Check("answers", True, "Different pictures get different answers.")


def _gradient(classifier: Classifier, x: Tensor) -> list[Check]:
    """Of the lead of the best class over the second, which a network must have to be attacked by gradient."""
    x = x[1:3].clone().requires_grad_()
    try:
        with torch.enable_grad():
            for _ in range(2):  # the second is timed
                started = time.perf_counter()
                best = classifier(x).topk(min(2, len(classifier.labels)), 1).values
                (gradient,) = torch.autograd.grad((best[:, 0] - best[:, -1]).sum(), x)
                gradient.sum().item()
    except RuntimeError as error:
        if out_of_memory(error):
            return [Check("gradient", False, "The memory is too small for a gradient: choose a smaller network.")]
        return [Check("gradient", False, "The network has no gradient: attack it with square or hopskipjump.")]
    seconds = (time.perf_counter() - started) / len(x)
    if not bool(gradient.isfinite().all()):
        return [Check("gradient", False, "The gradient is NaN or infinite: attack it with square or hopskipjump.")]
    if not bool((gradient.flatten(1) != 0).any(1).all()):
        return [
            Check(
                "gradient",
                False,
                "The gradient is zero, so attacks that follow it find nothing: use square or hopskipjump.",
            )
        ]
    return [Check("gradient", True, f"The gradient is there, and takes {seconds * 1000:.0f} ms a picture.")]


def _facts(classifier: Classifier, query: float) -> list[Check]:
    count = sum(weight.numel() for weight in classifier.module.parameters())
    device = "the CPU" if classifier.device.type == "cpu" else str(classifier.device)
    return [
        Check("speed", True, f"An answer takes {query * 1000:.0f} ms on {device}."),
        Check("parameters", True, f"{count:,} parameters."),
        Check("digest", True, f"Digest {classifier.digest[:16]}."),
    ]
