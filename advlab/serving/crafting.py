"""Pictures that are made on other models than the one that is attacked, which is asked about them once."""

import torch

from advlab import attacks, models
from advlab.core.ascent import Momentum
from advlab.core.attack import Access, Attack, Objective
from advlab.core.classifier import Classifier
from advlab.core.ensemble import ensemble
from advlab.core.program import Program
from advlab.core.request import AttackRequest
from advlab.core.result import AttackResult
from advlab.core.rounding import EightBit
from advlab.core.service import OPEN
from advlab.core.verdicts import votes
from advlab.errors import ParameterError, ThreatError
from advlab.serving.crafted import Crafted


def suited() -> dict[str, type[Attack]]:
    """The attacks that can be crafted on other models, those that were made for it first."""
    fitting = {name: kind for name, kind in attacks.general().items() if unsuited(kind) is None}
    return dict(sorted(fitting.items(), key=lambda item: (not issubclass(item[1], Momentum), item[1].access.value)))


def unsuited(kind: type[Attack]) -> str | None:
    """Why an attack makes no sense on other models than the one it is for; None where it does."""
    if kind.access is Access.LABEL:
        return f"{kind.title} walks along the boundary of the model that it asks, and others have another one"
    if kind.objective is Objective.MINIMAL:
        return f"{kind.title} stops at the boundary of the model that it asks, and others have another one"
    if issubclass(kind, Program):
        return f"{kind.title} asks the attacked model again after each of its attacks"
    return None


def check(request: AttackRequest) -> AttackRequest:
    """The request, if its sources make sense: it always does without any.

    Raises:
        ParameterError, ThreatError: they do not; with a sentence.
    """
    if not request.sources:
        return request
    reason = unsuited(attacks.registry.get(request.attack))
    if reason is not None:
        raise ThreatError(f"{reason}: choose an attack with a radius that sees gradients, such as mi_fgsm.")
    if request.service != OPEN:
        raise ParameterError(
            "A picture that is made on other models asks those, which hide nothing: leave out what an interface shows."
        )
    if request.early_stop:
        raise ParameterError(
            "A picture that is made on other models is tried once, at the end: there is no first success to end at."
        )
    if len(set(request.sources)) < len(request.sources):
        raise ParameterError("A model is named twice among those that the picture is made on.")
    for name in request.sources:
        _check_source(name, request.model)
    return request


def _check_source(name: str, victim: str) -> None:
    if _own(name):
        raise ParameterError("Pictures are made on models of the catalogue: no link or script may name your weights.")
    if name == victim:
        raise ParameterError(f"{name} is the model that is attacked: what is made on it is no transfer.")
    # Of own weights nobody may have said what the classes are called; their number is checked when they are asked.
    if not _own(victim) and models.card(name).labels() != models.card(victim).labels():
        raise ParameterError(f"{name} and {victim} tell different classes apart: make it on a model with the same.")


def _own(name: str) -> bool:
    """Whether it is somebody's own weights, named or, in a file, not."""
    return name.partition(":")[0] == "own"


def source(request: AttackRequest, victim: Classifier) -> Classifier | None:
    """What the attack works on in place of the model, for pictures of the model's size; None: the model itself.

    Raises:
        ParameterError, ThreatError: the request's sources make no sense.
    """
    if not check(request).sources:
        return None
    found = ensemble([models.load(name, victim.device) for name in request.sources], input_size=victim.input_size)
    if len(found.labels) != len(victim.labels):
        raise ParameterError(
            f"{found.name} tells {len(found.labels)} classes apart and your model {len(victim.labels)}: make it on a "
            "model with the same classes."
        )
    return found


def crafted(request: AttackRequest, source: Classifier, given: EightBit, result: AttackResult, place: int) -> Crafted:
    """What is told of image `place` of a result that was made on a source and given out like this."""
    goal = result.goal.take(torch.tensor([place]))
    image = given.pixels.unsqueeze(0).to(source.device, source.dtype) / 255
    return Crafted(
        sources=tuple(models.card(name).title for name in request.sources),
        victim=models.card(request.model).title,
        queries=int(result.queries[place]),
        gradients=int(result.gradients[place]),
        fooled=bool(votes(source, image).margin(goal)[0] > 0),
    )
