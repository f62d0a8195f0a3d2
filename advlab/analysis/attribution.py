"""Which pixels an answer rests on, by Captum, with respect to pixels in [0, 1] and to the logit of any class.

Methods that put hooks on modules work on a private clone: on the shared network they would change other people's
gradients while they run. Random numbers belong to the picture and the seed; Captum's own come from the global
generator, so what is random is drawn here and Captum is asked about the pictures that result.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.analysis import maps
from advlab.analysis.ticking import Tick, nothing
from advlab.core.classifier import Classifier
from advlab.core.memory import chunk_size
from advlab.core.randomness import Noise
from advlab.errors import ParameterError


@dataclass(frozen=True)
class Attribution:
    """What a method says.

    Attributes:
        values: `[C, H, W]`, or `[1, H, W]` where it does not tell channels apart.
        signed: whether values below zero speak against the class; else only their size means something.
        delta: of Integrated Gradients: the sum of the values less the difference that they should explain.
    """

    values: Tensor
    signed: bool
    delta: float | None = None


@dataclass(frozen=True)
class Question:
    """One picture, one class, and how much work may be put into the answer.

    Attributes:
        classifier: the model.
        image: `[C, H, W]` in [0, 1].
        index: the class whose logit is explained.
        samples: steps of Integrated Gradients, noisy pictures of SmoothGrad and Gradient SHAP.
        baseline: the grey, in [0, 1], of the picture that stands for nothing.
        spread: standard deviation of SmoothGrad's noise, in [0, 1].
        window: side of Occlusion's square, in pixels; None is an eighth of the shorter side.
        layer: dotted name of the layer of Grad-CAM; None is the last one with places.
        seed: of what is random.
        tick: called between chunks of work; what it raises ends the work.
    """

    classifier: Classifier
    image: Tensor
    index: int
    samples: int = 20
    baseline: float = 0.0
    spread: float = 0.1
    window: int | None = None
    layer: str | None = None
    seed: int = 0
    tick: Tick = field(default=nothing, compare=False)

    @property
    def images(self) -> Tensor:
        """A batch of one that nobody else has, for Captum marks what it is given."""
        return self.image.detach().unsqueeze(0).clone().requires_grad_()

    def model(self, images: Tensor) -> Tensor:
        """Logits, for Captum."""
        self.tick()
        logits: Tensor = self.classifier(images)
        return logits

    def gradients(self, images: Tensor) -> Tensor:
        """Of the logit, at each of `[Q, C, H, W]`."""
        from captum.attr import Saliency  # noqa: PLC0415 - Captum takes long to import

        size = chunk_size(self.classifier, backward=True)
        parts = [part.detach().clone().requires_grad_() for part in torch.split(images, size)]
        return torch.cat([Saliency(self.model).attribute(part, self.index, abs=False) for part in parts]).detach()


def saliency(q: Question) -> Attribution:
    """Size of the gradient. Simonyan, Vedaldi, Zisserman: Deep inside convolutional networks, 2014, arXiv 1312.6034."""
    return Attribution(q.gradients(q.images)[0].abs(), signed=False)


def input_x_gradient(q: Question) -> Attribution:
    """Gradient times pixel: black pixels get nothing. Shrikumar and others, 2016, arXiv 1605.01713."""
    return Attribution(q.gradients(q.images)[0] * q.image, signed=True)


def integrated_gradients(q: Question) -> Attribution:
    """The gradient on the way from nothing. Sundararajan, Taly, Yan, ICML 2017, arXiv 1703.01365."""
    from captum.attr import IntegratedGradients  # noqa: PLC0415

    values, delta = IntegratedGradients(q.model).attribute(
        q.images,
        q.baseline,
        q.index,
        n_steps=q.samples,
        internal_batch_size=chunk_size(q.classifier, backward=True),
        return_convergence_delta=True,
    )
    return Attribution(values[0].detach(), signed=True, delta=float(delta))


def smooth_grad(q: Question) -> Attribution:
    """Size of the mean gradient of noisy pictures. Smilkov and others, 2017, arXiv 1706.03825."""
    noise = _noise(q)
    around = torch.cat([q.images + q.spread * noise.normal(q.image.shape, draw) for draw in range(q.samples)])
    return Attribution(q.gradients(around.to(q.image.dtype)).mean(0).abs(), signed=False)


def gradient_shap(q: Question) -> Attribution:
    """Expected gradients between the picture and black or white. Lundberg, Lee, NeurIPS 2017, arXiv 1705.07874.

    Black and white take turns; where between is uniform. Captum adds noise to the picture, which is left out.
    """
    noise, image = _noise(q), q.image
    total = torch.zeros_like(image)
    shares = [float(noise.uniform((1,), draw)) for draw in range(q.samples)]
    bases = [torch.full_like(image, draw % 2) for draw in range(q.samples)]
    between = torch.stack([base + share * (image - base) for base, share in zip(bases, shares, strict=True)])
    for gradient, base in zip(q.gradients(between), bases, strict=True):
        total += gradient * (image - base) / q.samples
    return Attribution(total, signed=True)


def grad_cam(q: Question) -> Attribution:
    """Maps of a late layer, weighed by their gradients. Selvaraju and others, ICCV 2017, arXiv 1610.02391."""
    from captum.attr import LayerGradCam  # noqa: PLC0415

    clone, layer = _hooked(q, maps.mine(q.classifier))
    coarse = LayerGradCam(clone, layer).attribute(q.images, q.index, relu_attributions=True).detach()
    return Attribution(F.interpolate(coarse, q.image.shape[1:], mode="bilinear")[0], signed=False)


def guided_grad_cam(q: Question) -> Attribution:
    """Grad-CAM times what backpropagates through open ReLUs only (Springenberg and others, 2015, arXiv 1412.6806).

    Raises:
        ParameterError: the network has other activations, for which this means nothing.
    """
    from captum.attr import GuidedGradCam  # noqa: PLC0415

    if not maps.only_relu(q.classifier):
        raise ParameterError(f"Guided Grad-CAM needs a network of ReLU modules only, which {q.classifier.name} is not.")
    clone, layer = _hooked(q, maps.private(q.classifier))  # where Captum fails, its hooks stay
    warnings.filterwarnings("ignore", "Setting backward hooks on ReLU")  # that they are is why there is a clone
    return Attribution(GuidedGradCam(clone, layer).attribute(q.images, q.index)[0].detach(), signed=True)


def occlusion(q: Question) -> Attribution:
    """How much the logit falls when a square is covered. Zeiler, Fergus, ECCV 2014, arXiv 1311.2901.

    Squares overlap by half.
    """
    from captum.attr import Occlusion  # noqa: PLC0415

    channels, height, width = q.image.shape
    side = q.window or max(1, min(height, width) // 8)
    if not 1 <= side <= min(height, width):
        raise ParameterError(f"A window of {side} pixels does not fit into {width} × {height}.")
    with torch.no_grad():
        values = Occlusion(q.model).attribute(
            q.images,
            (channels, side, side),
            (channels, max(1, side // 2), max(1, side // 2)),
            q.baseline,
            q.index,
            perturbations_per_eval=chunk_size(q.classifier, backward=False),
        )
    return Attribution(values[0].mean(0, keepdim=True), signed=True)


METHODS: dict[str, Callable[[Question], Attribution]] = {
    method.__name__: method
    for method in (
        saliency,
        grad_cam,
        input_x_gradient,
        integrated_gradients,
        smooth_grad,
        gradient_shap,
        guided_grad_cam,
        occlusion,
    )
}


def suited(classifier: Classifier) -> tuple[str, ...]:
    """Names of the methods that mean something for this model."""
    places, relu = bool(maps.layers(classifier)), maps.only_relu(classifier)
    unsuited = {"grad_cam"} if not places else set()
    unsuited |= {"guided_grad_cam"} if not (places and relu) else set()
    return tuple(name for name in METHODS if name not in unsuited)


def _noise(q: Question) -> Noise:
    if q.samples < 1:
        raise ParameterError(f"It takes at least one sample, not {q.samples}.")
    return Noise.of(q.seed, q.images)


def _hooked(q: Question, clone: Classifier) -> tuple[Any, Any]:
    """A clone that may be hooked, and the layer in it."""
    name = maps.chosen(q.classifier, q.layer)
    q.tick()
    return clone, clone.module.get_submodule(name)
