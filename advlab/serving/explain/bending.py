"""An attack on an explanation: the same answer, for other reasons."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image

from advlab.analysis import explanation_attack, similarity
from advlab.analysis.attribution import METHODS, Attribution
from advlab.analysis.similarity import Likeness
from advlab.analysis.ticking import Tick
from advlab.serving.explain.explanation import ask
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.lab import opinion, shares, taken
from advlab.serving.outcome import Opinion
from advlab.serving.stopping import last_of

STEPS = 50
# The explanations that a gradient can bend.
BENDABLE = ("saliency", "input_x_gradient")


@dataclass(frozen=True)
class Bending:
    """How far an attack on an explanation has come.

    Attributes:
        step: of `STEPS`.
        clean, bent: the pictures `[H, W, C]` uint8.
        before, after: their explanations.
        likeness: of these.
        agreement: of the second with the wanted map, from -1 to 1; None where none is wanted.
        said, says: what the model says of the clean and of the bent picture: the same label.
        size: of the change, L∞.
    """

    step: int
    clean: np.ndarray
    bent: np.ndarray
    before: Attribution
    after: Attribution
    likeness: Likeness
    agreement: float | None
    said: Opinion
    says: Opinion
    size: float


def bend(
    request: ExplainRequest,
    picture: Image.Image,
    eps: float,
    towards: Image.Image | None = None,
    *,
    show: Callable[[Bending], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Bending | None:
    """Attack the explanation of the clean picture.

    Args:
        request: the question; its method is one of `BENDABLE`.
        picture: the clean picture.
        eps: L∞, in [0, 1].
        towards: a picture whose explanation is wanted; None is to get away from what was important.
        show: called with each step.
        should_stop: asked often.
    """
    return last_of(lambda tick: _steps(request, picture, eps, towards, tick), show, should_stop)


def _steps(
    request: ExplainRequest, picture: Image.Image, eps: float, towards: Image.Image | None, tick: Tick
) -> Iterator[Bending]:
    question = replace(ask(request.model_copy(update={"run": ""}), picture, None), tick=tick)
    classifier, image = question.classifier, question.image
    said = opinion(classifier, shares(classifier, image.unsqueeze(0)))
    before, wanted = METHODS[request.method](question), None
    if towards is not None:
        other = taken(classifier, towards, exact=False)[0]
        wanted = similarity.places(METHODS[request.method](replace(question, image=other))).abs()
    for state in explanation_attack.bend(
        classifier, image, request.index, eps=eps, steps=STEPS, wanted=wanted,
        method="saliency" if request.method == "saliency" else "input_x_gradient", tick=tick,
    ):  # fmt: skip
        yield Bending(
            step=state.step,
            clean=_pixels(image),
            bent=_pixels(state.image),
            before=before,
            after=state.explanation,
            likeness=state.likeness,
            agreement=state.agreement,
            said=said,
            says=opinion(classifier, shares(classifier, state.image.unsqueeze(0))),
            size=float((state.image - image).abs().max()),
        )


def _pixels(image: torch.Tensor) -> np.ndarray:
    pixels: np.ndarray = (image * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return pixels
