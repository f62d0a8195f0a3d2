"""Links: every control of the lab in the query of a URL. Uploads and own weights are never in one.

A link is read by `parse`, which lives in `advlab.serving.exports.reading`: it never fails, and says what
it had to leave out.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlencode

from advlab import attacks
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.core.service import OPEN, Service
from advlab.serving.compare.request import CompareRequest
from advlab.serving.exports import configured, numbers
from advlab.serving.exports.reading import OWN, UPLOAD, VERSION, Link, parse

__all__ = ["VERSION", "Link", "budget", "note", "parse", "query", "threat", "url"]

# One attack, or many on the same terms.
Aimed = AttackRequest | CompareRequest

_NOTHING: Mapping[str, str] = MappingProxyType({})


def query(request: AttackRequest, *, run: bool = True, extra: Mapping[str, str] = _NOTHING) -> dict[str, str]:
    """All of a request as parameters of a link, defaults included, since a default may change one day.

    Args:
        request: what the controls say.
        run: whether the link starts the attack.
        extra: what the page adds: `view`, and `with` for a second model.
    """
    values = {
        "v": VERSION,
        "image": request.picture if request.picture.startswith("sample:") else UPLOAD,
        "model": _public(request.model),
        "attack": request.attack,
        **threat(request),
        **through(request.sources),
    }
    attack = attacks.registry.get(request.attack).configured(request.parameters)
    values |= {name: numbers.write(value) for name, value in attack.model_dump().items()}
    values |= service(request.service)
    return values | {
        **budget(request),
        **{name: _public(value) for name, value in extra.items()},
        "run": str(int(run)),
    }


def through(sources: Sequence[str]) -> dict[str, str]:
    """The models that pictures are made on, if there are any, as parameters of a link."""
    return {"through": ",".join(sources)} if sources else {}


def threat(request: Aimed) -> dict[str, str]:
    """What is to be reached and what may be changed, as parameters of a link."""
    values = {"norm": request.norm.value, "eps": _eps(request)}
    if request.target is None:
        return values | {"goal": "untargeted"}
    return values | {"goal": "targeted", "target": str(request.target)}


def budget(request: Aimed) -> dict[str, str]:
    """With which seed, for how long, and what the picture really shows."""
    return {
        "seed": str(request.seed),
        "early": str(int(request.early_stop)),
        "queries": _or_none(request.max_queries),
        "truth": _or_none(request.truth),
    }


def service(shown: Service) -> dict[str, str]:
    """What stands before the model, as a parameter of a link; nothing where the model is open."""
    return {} if shown == OPEN else {"service": configured.write(Service, shown.model_dump())}


def url(base: str, request: AttackRequest, *, run: bool = True, extra: Mapping[str, str] = _NOTHING) -> str:
    """The whole link: `base` is the lab's address, such as `https://example.org/lab`."""
    return f"{base}?{urlencode(query(request, run=run, extra=extra), safe=':')}"


def note(request: AttackRequest) -> str | None:
    """What a link of this request leaves out on purpose, as a sentence; None where it has everything."""
    private = [] if request.picture.startswith("sample:") else ["Your picture is"]
    private += ["Your weights are"] if _public(request.model) == OWN else []
    if not private:
        return None
    who = private[0] if len(private) == 1 else "Your picture and your weights are"
    return f"{who} never in a link: whoever opens it brings their own."


def _public(model: str) -> str:
    """The model's name, without whose weights they are: whoever knows that name could use them."""
    return OWN if model.startswith(f"{OWN}:") else model


def _eps(request: Aimed) -> str:
    if request.eps is None:
        return "none"
    return numbers.write_255ths(request.eps) if request.norm is Norm.LINF else numbers.write(request.eps)


def _or_none(value: int | None) -> str:
    return "none" if value is None else str(value)
