"""Links to tables of defenses: each defense is a parameter of its own, with what is not as it usually is."""

from collections.abc import Mapping

from advlab import attacks, defenses
from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.errors import ParameterError
from advlab.serving.defend.request import DefendRequest
from advlab.serving.exports import configured, numbers, prefixed
from advlab.serving.exports.params import Params, shown
from advlab.serving.exports.prefixed import OwnLink

PREFIX = "d."
# One picture, a set of them, and what hides a gradient.
VIEWS = ("one", "set", "masking")
_NORMS = (Norm.LINF, Norm.L2)


def query(request: DefendRequest, view: str = VIEWS[0]) -> dict[str, str]:
    """A table as parameters of a link, and how it is looked at."""
    eps = numbers.write_255ths(request.eps) if request.norm is Norm.LINF else numbers.write(request.eps)
    own = {"norm": request.norm.value, "eps": eps, "steps": str(request.steps), "seed": str(request.seed)}
    public = [name for name in request.networks if not name.startswith("own:")]
    own["networks"] = ",".join(public) or "none"
    if request.override is not None:
        own["by"] = request.override
    if view != VIEWS[0]:
        own["view"] = view
    own |= {
        name: configured.write(defenses.available()[name], parameters) for name, parameters in request.defenses.items()
    }
    return prefixed.compose(PREFIX, own, picture=request.picture, model=request.model, attack=None, beside=None)


def parse(params: Mapping[str, object]) -> OwnLink:
    """Read the parameters of a link; it never fails."""
    reading, attack = prefixed.split(PREFIX, params)
    norm = _norm(reading)
    eps = reading.take("eps")
    if eps is not None:
        value = numbers.read_255ths(eps) if norm is Norm.LINF else numbers.read(eps)
        if value is None or value <= 0:
            reading.problem(f"{PREFIX}eps is a number above 0, not “{shown(eps)}”; it is left out.")
        else:
            reading.values["eps"] = float(value)
    for name, least in (("steps", 1), ("seed", 0)):
        there, whole = reading.whole(name, least, optional=False)
        if there and whole is not None:
            reading.values[name] = whole
    by = reading.take("by")
    if by in attacks.general():
        reading.values["override"] = by
    elif by is not None:
        reading.problem(f"There is no attack “{shown(by)}”; each defense gets the one that suits it.")
    view = reading.take("view")
    if view in VIEWS:
        reading.values["view"] = view
    elif view is not None:
        reading.problem(f"There is no view “{shown(view)}” of defenses.")
    networks = reading.take("networks")
    if networks is not None:
        reading.values["networks"] = () if networks == "none" else tuple(networks.split(","))
    _read_defenses(reading)
    return prefixed.finish(PREFIX, reading, attack, word="word", thing="A table of defenses")


def _norm(reading: Params) -> Norm:
    text = reading.take("norm")
    if text in _NORMS:
        reading.values["norm"] = Norm(text)
    elif text is not None:
        reading.problem(f"Defenses are attacked in linf or l2, not in “{shown(text)}”.")
    return Norm(text) if text in _NORMS else Norm.LINF


def _read_defenses(reading: Params) -> None:
    found: dict[str, dict[str, Value]] = {}
    for name, kind in defenses.available().items():
        text = reading.take(name)
        if text is None:
            continue
        try:
            found[name] = configured.read(kind, text)
        except ParameterError as error:
            reading.problem(f"{error} It is left out.")
    if found:
        reading.values["defenses"] = found
