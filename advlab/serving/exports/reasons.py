"""Links to explanations."""

from collections.abc import Mapping

from advlab.core.request import AttackRequest
from advlab.serving.explain.methods import METHODS
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.exports import numbers, prefixed
from advlab.serving.exports.params import shown
from advlab.serving.exports.prefixed import OwnLink

PREFIX = "e."


def query(request: ExplainRequest, attack: AttackRequest | None, whose: str, beside: str | None) -> dict[str, str]:
    """An explanation as parameters of a link; `attack` is the one that is looked at, `whose` the class."""
    own = {
        "method": request.method,
        "class": whose,
        "index": str(request.index),
        "samples": str(request.samples),
        "baseline": numbers.write(request.baseline),
        "seed": str(request.seed),
    }
    if request.layer is not None:
        own["layer"] = request.layer
    return prefixed.compose(PREFIX, own, picture=request.picture, model=request.model, attack=attack, beside=beside)


def parse(params: Mapping[str, object]) -> OwnLink:
    """Read the parameters of a link, whose word is the class by what it is to the pictures; it never fails."""
    reading, attack = prefixed.split(PREFIX, params)
    method = reading.take("method")
    if method in METHODS:
        reading.values["method"] = method
    elif method is not None:
        known = ", ".join(one.title for one in METHODS.values())
        reading.problem(f"There is no method “{shown(method)}”; there are: {known}.")
    for name, least in (("index", 0), ("samples", 1), ("seed", 0)):
        there, value = reading.whole(name, least, optional=False)
        if there and value is not None and (name != "samples" or value <= 500):
            reading.values[name] = value
    baseline = numbers.read(reading.take("baseline") or "0")
    if baseline in (0, 0.5, 1):
        reading.values["baseline"] = float(baseline)
    layer = reading.take("layer")
    if layer is not None:
        reading.values["layer"] = layer
    return prefixed.finish(PREFIX, reading, attack, word="class", thing="An explanation")
