"""The methods for people: what they are called, what they tell, and which of them take long."""

from dataclasses import dataclass

from advlab import models
from advlab.analysis import attribution, maps


@dataclass(frozen=True)
class Method:
    """A way to explain.

    Attributes:
        title: its name.
        tells: what a bright place means, as a sentence.
        quick: whether it takes one pass or two, so that it is shown at once.
        sampled: whether more samples make it finer.
        layered: whether it looks at a layer.
    """

    title: str
    tells: str
    quick: bool = True
    sampled: bool = False
    layered: bool = False


METHODS = {
    "saliency": Method("Saliency", "Bright: to change this pixel a little changes the score the most."),
    "grad_cam": Method("Grad-CAM", "Bright: what the last layers found here speaks for the class.", layered=True),
    "input_x_gradient": Method(
        "Input × gradient", "Orange speaks for the class, blue against it; black pixels get nothing."
    ),
    "guided_grad_cam": Method(
        "Guided Grad-CAM", "Orange speaks for the class: edges, where Grad-CAM is bright.", layered=True
    ),
    "integrated_gradients": Method(
        "Integrated gradients",
        "Orange speaks for the class, blue against it; all values together make up the score.",
        quick=False,
        sampled=True,
    ),
    "smooth_grad": Method(
        "SmoothGrad", "Saliency, averaged over noisy copies of the picture.", quick=False, sampled=True
    ),
    "gradient_shap": Method(
        "Gradient SHAP",
        "Orange speaks for the class, blue against it, compared with black and with white.",
        quick=False,
        sampled=True,
    ),
    "occlusion": Method("Occlusion", "Orange: covering this place lowers the score; blue: it raises it.", quick=False),
}


def suited(model: str) -> tuple[str, ...]:
    """The methods that mean something for a model, the quick ones first."""
    fitting = attribution.suited(models.load(model))
    return tuple(name for name in METHODS if name in fitting)


def layers(model: str) -> tuple[str, ...]:
    """The layers that Grad-CAM can be taken at, the last one first."""
    return tuple(layer.name for layer in reversed(maps.layers(models.load(model))))
