"""A file that this app wrote and somebody uploads again: measured and judged anew, whatever its notes say."""

from dataclasses import dataclass

from PIL import Image

from advlab import models
from advlab.core import norms
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.serving.lab import opinion, shares
from advlab.serving.outcome import Opinion


@dataclass(frozen=True)
class Recognised:
    """What is true of the file now."""

    request: AttackRequest  # what its notes say: where it came from
    after: Opinion  # what the model says about its pixels
    before: Opinion | None  # and about the clean picture, where that is at hand
    sizes: dict[str, float] | None  # of the change, measured between the two
    inside: bool | None  # whether the change is within the budget that the notes state


def judge(request: AttackRequest, picture: Image.Image, clean: Image.Image | None) -> Recognised:
    """Ask the model that the notes name about the picture, pixel by pixel.

    Args:
        request: the file's notes.
        picture: of exactly the model's input size.
        clean: the photo that it was made from, if the visitor has it.

    Raises:
        AdvlabError: the model is not here, or the picture has another size.
    """
    classifier = models.load(request.model)
    x = classifier.as_is(picture)
    after = opinion(classifier, shares(classifier, x))
    if clean is None:
        return Recognised(request, after, None, None, None)
    original = classifier.as_is(clean) if request.exact else classifier.prepare(clean)
    sizes = {norm.value: norms.size(x - original, norm) for norm in Norm}
    budget = None if request.eps is None else x.new_full((1,), request.eps)
    inside = None if budget is None else bool(norms.within(sizes[request.norm.value], budget)[0])
    before = opinion(classifier, shares(classifier, original))
    return Recognised(request, after, before, {name: float(value[0]) for name, value in sizes.items()}, inside)
