"""Links to slices: the plane's own names begin with "p.", the rest is the link of the attack that an axis is of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.serving.exports import links, numbers
from advlab.serving.exports.params import Params, shown
from advlab.serving.exports.reading import OWN, UPLOAD, Link
from advlab.serving.geometry.request import FINEST, Axis, Direction, PlaneRequest

__all__ = ["PREFIX", "UPLOAD", "PlaneLink", "parse", "query", "url"]

PREFIX = "p."


@dataclass(frozen=True)
class PlaneLink:
    """What a link says.

    Attributes:
        values: for `PlaneRequest`, only what the link gives and what is possible.
        view: which figure; the page knows them.
        beside: a second model in the same plane.
        attack: what is said of an attack, of the picture and of the model.
        problems: sentences about what was left out, and why.
    """

    values: dict[str, object] = field(default_factory=dict)
    view: str | None = None
    beside: str | None = None
    attack: Link = field(default_factory=Link)
    problems: tuple[str, ...] = ()

    @property
    def present(self) -> bool:
        """Whether there is anything of ours in it."""
        return self.attack.present or bool(self.values) or self.view is not None


def query(request: PlaneRequest, attack: AttackRequest | None, view: str, beside: str | None) -> dict[str, str]:
    """All of a plane as parameters of a link; `attack` is the run that its axes are of."""
    if attack is not None and any(axis.direction is Direction.ATTACK for axis in request.axes):
        values = links.query(attack)
    else:
        image = request.picture if request.picture.startswith("sample:") else UPLOAD
        values = {"v": links.VERSION, "image": image}
    model = OWN if request.model.startswith(f"{OWN}:") else request.model
    own = {
        "across": _axis(request.across),
        "up": _axis(request.up),
        "norm": request.norm.value,
        "reach": _length(request.norm, request.reach),
        "eps": "none" if request.eps is None else _length(request.norm, request.eps),
        "lines": str(request.resolution),
        "clip": str(int(request.clip)),
        "seed": str(request.seed),
        "view": view,
    }
    if beside and not beside.startswith(f"{OWN}:"):
        own["with"] = beside
    return {**values, "model": model, **{PREFIX + name: value for name, value in own.items()}}


def url(base: str, values: Mapping[str, str]) -> str:
    """The whole link: `base` is the page's address."""
    return f"{base}?{urlencode(values, safe=':')}"


def parse(params: Mapping[str, object]) -> PlaneLink:
    """Read the parameters of a link; it never fails."""
    own = {name.removeprefix(PREFIX): value for name, value in params.items() if name.startswith(PREFIX)}
    rest = {name: value for name, value in params.items() if not name.startswith(PREFIX)}
    reading = Params(own)
    norm = _norm(reading)
    for name in ("across", "up"):
        _read_axis(reading, name)
    _read_lengths(reading, norm)
    _read_numbers(reading)
    view, beside = reading.take("view"), reading.take("with")
    for name in list(reading.left):
        reading.problem(f"A slice has no “{shown(PREFIX + name)}”; it is left out.")
    return PlaneLink(reading.values, view, beside, links.parse(rest), tuple(reading.sentences()))


def _axis(axis: Axis) -> str:
    """Which run, or which of somebody's own pictures, is in no link."""
    if axis.direction is Direction.ATTACK or (axis.of and not _public(axis)):
        return axis.direction.value
    return str(axis)


def _public(axis: Axis) -> bool:
    return axis.direction is Direction.CLASS or axis.of.startswith("sample:")


def _length(norm: Norm, value: float) -> str:
    return numbers.write_255ths(value) if norm is Norm.LINF else numbers.write(value)


def _norm(reading: Params) -> Norm:
    text = reading.take("norm")
    if text is None:
        return Norm.LINF
    if text not in (Norm.LINF, Norm.L2, Norm.L1):
        reading.problem(f"A slice is measured in linf, l2 or l1, not “{shown(text)}”.")
        return Norm.LINF
    reading.values["norm"] = Norm(text)
    return Norm(text)


def _read_axis(reading: Params, name: str) -> None:
    text = reading.take(name)
    if text is None:
        return
    direction, _, of = text.partition(":")
    try:
        reading.values[name] = Axis(direction=Direction(direction), of=of)
    except ValueError:
        known = ", ".join(Direction)
        reading.problem(f"An axis leads along one of {known}, not “{shown(text)}”; it is left out.")


def _read_lengths(reading: Params, norm: Norm) -> None:
    for name in ("reach", "eps"):
        text = reading.take(name)
        if text is None:
            continue
        if name == "eps" and text == "none":
            reading.values[name] = None
            continue
        value = numbers.read_255ths(text) if norm is Norm.LINF else numbers.read(text)
        if value is None or value <= 0:
            reading.problem(f"{PREFIX}{name} is a number above 0, not “{shown(text)}”; it is left out.")
        else:
            reading.values[name] = float(value)


def _read_numbers(reading: Params) -> None:
    there, lines = reading.whole("lines", 3, optional=False)
    if there and lines is not None and lines > FINEST:
        reading.problem(f"A slice has at most {FINEST} lines; {lines} are left out.")
    elif there:
        reading.values["resolution"] = lines
    there, seed = reading.whole("seed", 0, optional=False)
    if there:
        reading.values["seed"] = seed
    clip = reading.switch("clip")
    if clip is not None:
        reading.values["clip"] = clip
