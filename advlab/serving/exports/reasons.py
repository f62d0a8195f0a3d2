"""Links to explanations: their own names begin with "e.", the rest is the link of the attack that is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from advlab.core.request import AttackRequest
from advlab.serving.explain.methods import METHODS
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.exports import links, numbers
from advlab.serving.exports.params import Params, shown
from advlab.serving.exports.reading import OWN, UPLOAD, Link

__all__ = ["PREFIX", "UPLOAD", "ReasonLink", "parse", "query"]

PREFIX = "e."


@dataclass(frozen=True)
class ReasonLink:
    """What a link says.

    Attributes:
        values: for `ExplainRequest`, only what the link gives and what is possible.
        whose: the class that is explained, by what it is to the pictures; the page knows the words.
        beside: a second model.
        attack: what is said of an attack, of the picture and of the model.
        problems: sentences about what was left out, and why.
    """

    values: dict[str, object] = field(default_factory=dict)
    whose: str | None = None
    beside: str | None = None
    attack: Link = field(default_factory=Link)
    problems: tuple[str, ...] = ()

    @property
    def present(self) -> bool:
        """Whether there is anything of ours in it."""
        return self.attack.present or bool(self.values)


def query(request: ExplainRequest, attack: AttackRequest | None, whose: str, beside: str | None) -> dict[str, str]:
    """An explanation as parameters of a link; `attack` is the one that is looked at."""
    image = request.picture if request.picture.startswith("sample:") else UPLOAD
    values = {"v": links.VERSION, "image": image} if attack is None else links.query(attack)
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
    if beside and not beside.startswith(f"{OWN}:"):
        own["with"] = beside
    model = OWN if request.model.startswith(f"{OWN}:") else request.model
    return {**values, "model": model, **{PREFIX + name: value for name, value in own.items()}}


def parse(params: Mapping[str, object]) -> ReasonLink:
    """Read the parameters of a link; it never fails."""
    own = {name.removeprefix(PREFIX): value for name, value in params.items() if name.startswith(PREFIX)}
    rest = {name: value for name, value in params.items() if not name.startswith(PREFIX)}
    reading = Params(own)
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
    whose, beside = reading.take("class"), reading.take("with")
    for name in list(reading.left):
        reading.problem(f"An explanation has no “{shown(PREFIX + name)}”; it is left out.")
    return ReasonLink(reading.values, whose, beside, links.parse(rest), tuple(reading.sentences()))
