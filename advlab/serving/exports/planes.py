"""Links to slices."""

from collections.abc import Mapping

from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.serving.exports import numbers, prefixed
from advlab.serving.exports.params import Params, shown
from advlab.serving.exports.prefixed import OwnLink
from advlab.serving.geometry.request import FINEST, Axis, Direction, PlaneRequest

PREFIX = "p."


def query(request: PlaneRequest, attack: AttackRequest | None, view: str, beside: str | None) -> dict[str, str]:
    """All of a plane as parameters of a link; `attack` is the run that its axes are of, `view` the figure."""
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
    if not any(axis.direction is Direction.ATTACK for axis in request.axes):
        attack = None
    return prefixed.compose(PREFIX, own, picture=request.picture, model=request.model, attack=attack, beside=beside)


def parse(params: Mapping[str, object]) -> OwnLink:
    """Read the parameters of a link, whose word is the figure; it never fails."""
    reading, attack = prefixed.split(PREFIX, params)
    norm = _norm(reading)
    for name in ("across", "up"):
        _read_axis(reading, name)
    _read_lengths(reading, norm)
    _read_numbers(reading)
    return prefixed.finish(PREFIX, reading, attack, word="view", thing="A slice")


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
