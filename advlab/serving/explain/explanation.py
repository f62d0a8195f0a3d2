"""One explanation, from coarse to fine where the method goes that way."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from advlab import models
from advlab.analysis import attribution
from advlab.analysis.attribution import Attribution, Question
from advlab.analysis.boundary import Array
from advlab.analysis.ticking import Tick
from advlab.core.classifier import Classifier
from advlab.errors import InputError, ParameterError
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.lab import opinion, shares, taken
from advlab.serving.outcome import Opinion, Outcome
from advlab.serving.stopping import last_of

# Occlusion's windows: these parts of the shorter side, one after the other.
_WINDOWS = (4, 8, 16)


@dataclass(frozen=True)
class Explanation:
    """Why a model says something of a picture.

    Attributes:
        request: what was asked for.
        pixels: the picture `[H, W, C]` uint8.
        values: `[C, H, W]` or `[1, H, W]`, of each value.
        signed: whether values below zero speak against the class.
        delta: of Integrated Gradients: what its values miss in sum, in logits.
        opinion: what the model says of the picture.
        label: the class that is explained.
        window: of Occlusion, its side in pixels.
        seconds: that it took.
    """

    request: ExplainRequest
    pixels: np.ndarray
    values: Array
    signed: bool
    delta: float | None
    opinion: Opinion
    label: str
    window: int | None
    seconds: float

    @property
    def attribution(self) -> Attribution:
        """As the analysis has it."""
        return Attribution(torch.from_numpy(self.values), self.signed, self.delta)


def explain(
    request: ExplainRequest,
    picture: Image.Image,
    outcome: Outcome | None = None,
    show: Callable[[Explanation], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    *,
    says: Opinion | None = None,
) -> Explanation | None:
    """Explain an answer; what is there when somebody stops it, None if there is nothing yet.

    Args:
        request: the question.
        picture: the clean picture.
        outcome: the attack that the request names.
        show: called with what is there so far.
        should_stop: asked often.
        says: what the model says of that picture, where that is known already.

    Raises:
        AdvlabError: a sentence for people.
    """
    return last_of(lambda tick: _found(request, picture, outcome, says, tick), show, should_stop)


def _found(
    request: ExplainRequest, picture: Image.Image, outcome: Outcome | None, says: Opinion | None, tick: Tick
) -> Iterator[Explanation]:
    begin = time.perf_counter()
    question = replace(ask(request, picture, outcome), tick=tick)
    classifier, image = question.classifier, question.image
    pixels = (image * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    said = says or opinion(classifier, shares(classifier, image.unsqueeze(0)))
    for window in _windows(request, image):
        made = attribution.METHODS[request.method](replace(question, window=window))
        yield Explanation(
            request=request,
            pixels=pixels,
            values=made.values.float().cpu().numpy(),
            signed=made.signed,
            delta=made.delta,
            opinion=said,
            label=classifier.labels[request.index],
            window=window,
            seconds=time.perf_counter() - begin,
        )


def ask(request: ExplainRequest, picture: Image.Image, outcome: Outcome | None) -> Question:
    """The question that a request comes to.

    Raises:
        ParameterError: no such method or class. InputError: the attack was on a picture of another size.
    """
    if request.method not in attribution.METHODS:
        known = ", ".join(attribution.METHODS)
        raise ParameterError(f"There is no method “{request.method}”; there are: {known}.")
    classifier = models.load(request.model)
    if request.index >= len(classifier.labels):
        raise ParameterError(f"{classifier.name} has no class number {request.index}.")
    return Question(
        classifier,
        _image(request, classifier, picture, outcome),
        request.index,
        samples=request.samples,
        baseline=request.baseline,
        layer=request.layer,
        seed=request.seed,
    )


def _image(request: ExplainRequest, classifier: Classifier, picture: Image.Image, outcome: Outcome | None) -> Tensor:
    """`[C, H, W]` of the picture that is explained."""
    if not request.run:
        return taken(classifier, picture, exact=request.exact)[0]
    if outcome is None:
        raise InputError("The attack that was to be explained is not at hand: run it again in the Attack Lab.")
    image = torch.from_numpy(np.array(outcome.adversarial)).permute(2, 0, 1).float() / 255
    if image.shape != torch.Size(classifier.input_size):
        raise InputError(f"{models.card(request.model).title} sees pictures of another size than the attacked one.")
    return image.to(classifier.device)


def _windows(request: ExplainRequest, image: Tensor) -> list[int | None]:
    if request.method != "occlusion":
        return [None]
    side = min(image.shape[1:])
    return list(dict.fromkeys(max(1, side // part) for part in _WINDOWS))
