"""Links to comparisons of attacks: each attack is a parameter of its own, the terms are those of the Lab's links."""

from collections.abc import Mapping

from advlab import attacks
from advlab.serving.compare.request import CompareRequest
from advlab.serving.exports import configured, links, prefixed
from advlab.serving.exports.params import shown
from advlab.serving.exports.prefixed import OwnLink

PREFIX = "c."
# What it is about, where that is not the one picture.
_PICTURES, _ALL = "pictures", "all"


def query(request: CompareRequest) -> dict[str, str]:
    """A comparison as parameters of a link."""
    own = {name: configured.write(request.kind(name), parameters) for name, parameters in request.attacks.items()}
    if request.several:
        own[_PICTURES] = _ALL
    whole = prefixed.compose(PREFIX, own, picture=request.picture, model=request.model, attack=None, beside=None)
    whole |= links.threat(request) | links.through(request.sources)
    return whole | links.budget(request) | links.service(request.service)


def parse(params: Mapping[str, object]) -> OwnLink:
    """Read the parameters of a link; it never fails."""
    reading, terms = prefixed.split(PREFIX, params)
    about = reading.take(_PICTURES)
    if about == _ALL:
        reading.values["several"] = True
    elif about is not None:
        reading.problem(f"{PREFIX}{_PICTURES} is “{_ALL}” or nothing, not “{shown(about)}”; it is left out.")
    found = configured.take(reading, attacks.general())
    if found:
        reading.values["attacks"] = found
    return prefixed.finish(PREFIX, reading, terms, word="word", thing="A comparison")
