"""Links to what the page on defenses shows.

In a link to a table of defenses, each is a parameter of its own, with what is not as it usually is.
"""

from collections.abc import Callable, Mapping

from advlab import attacks, defenses
from advlab.core.norms import Norm
from advlab.serving.defend.request import DefendRequest, EnvelopeRequest, ThreatsRequest
from advlab.serving.exports import configured, numbers, prefixed
from advlab.serving.exports.params import Params, shown
from advlab.serving.exports.prefixed import OwnLink

PREFIX = "d."
# One picture, a set of them, what hides a gradient, what is proved, and what nobody trained for.
VIEWS = ("one", "set", "masking", "certificate", "threats")
Linked = DefendRequest | EnvelopeRequest | ThreatsRequest
_NORMS = (Norm.LINF, Norm.L2)


def query(request: Linked, view: str = VIEWS[0]) -> dict[str, str]:
    """What the controls say as parameters of a link, and how it is looked at."""
    match request:
        case DefendRequest():
            own = _of_table(request)
        case EnvelopeRequest():
            own = {name: numbers.write(getattr(request, name)) for name in ("sigma", "draws", "count", "steps")}
        case ThreatsRequest():
            own = {name: numbers.write(getattr(request, name)) for name in ("l2", "l1", "count", "steps", "seed")}
            own |= {"linf": numbers.write_255ths(request.linf), "networks": _public(request.networks)}
    if view != VIEWS[0]:
        own["view"] = view
    link = prefixed.compose(PREFIX, own, picture=request.picture, model=request.model, attack=None, beside=None)
    if isinstance(request, DefendRequest) and view == VIEWS[0]:  # of a set the classes are known
        link["truth"] = "none" if request.truth is None else str(request.truth)
    return link


def _of_table(request: DefendRequest) -> dict[str, str]:
    eps = numbers.write_255ths(request.eps) if request.norm is Norm.LINF else numbers.write(request.eps)
    own = {"norm": request.norm.value, "eps": eps, "steps": str(request.steps), "seed": str(request.seed)}
    own["networks"] = _public(request.networks)
    if request.override is not None:
        own["by"] = request.override
    return own | {
        name: configured.write(defenses.available()[name], parameters) for name, parameters in request.defenses.items()
    }


def _public(networks: tuple[str, ...]) -> str:
    """Networks without anybody's own."""
    return ",".join(name for name in networks if not name.startswith("own:")) or "none"


def parse(params: Mapping[str, object]) -> OwnLink:
    """Read the parameters of a link; it never fails."""
    reading, attack = prefixed.split(PREFIX, params)
    norm = _norm(reading)
    for name in ("eps", "linf", "l2", "l1", "sigma"):
        in_255ths = name == "linf" or (name == "eps" and norm is Norm.LINF)
        _read_length(reading, name, numbers.read_255ths if in_255ths else numbers.read)
    for name, least in (("steps", 1), ("seed", 0), ("count", 1), ("draws", 1)):
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
    found = configured.take(reading, defenses.available())
    if found:
        reading.values["defenses"] = found
    return prefixed.finish(PREFIX, reading, attack, word="word", thing="A table of defenses")


def _norm(reading: Params) -> Norm:
    text = reading.take("norm")
    if text in _NORMS:
        reading.values["norm"] = Norm(text)
    elif text is not None:
        reading.problem(f"Defenses are attacked in linf or l2, not in “{shown(text)}”.")
    return Norm(text) if text in _NORMS else Norm.LINF


def _read_length(reading: Params, name: str, read: Callable[[str], float | None]) -> None:
    text = reading.take(name)
    value = None if text is None else read(text)
    if value is not None and value > 0:
        reading.values[name] = float(value)
    elif text is not None:
        reading.problem(f"{PREFIX}{name} is a number above 0, not “{shown(text)}”; it is left out.")
