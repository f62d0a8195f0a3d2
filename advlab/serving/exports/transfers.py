"""A transfer matrix to take along: as CSV, and its controls as parameters of a link."""

import io
import json

import pandas as pd

from advlab import attacks
from advlab.core.norms import Norm
from advlab.serving import crafting
from advlab.serving.blackbox.matrix import TOGETHER, Transfer
from advlab.serving.blackbox.request import TransferRequest
from advlab.serving.exports import configured, numbers
from advlab.serving.exports.params import Params, shown

_HEAD = (
    "made_on", "tried_on", "white_box", "fooled", "of", "share", "low", "high", "attack", "parameters", "norm", "eps",
    "seed", "pictures",
)  # fmt: skip


def csv(found: Transfer) -> str:
    """One line a cell, with Wilson's 95% interval; only pictures count that both networks get right, or agree on."""
    asked, lines = found.request, []
    how = (asked.attack, json.dumps(asked.parameters), asked.norm.value, asked.eps, asked.seed, found.total)
    for (row, name), cell in found.cells.items():
        low, high = cell.interval if cell.of else (float("nan"), float("nan"))
        made = "+".join(_public(other) for other in found.others(name)) if row == TOGETHER else _public(row)
        lines.append((made, _public(name), row == name, cell.won, cell.of, cell.share, low, high, *how))
    file = io.StringIO()
    pd.DataFrame(lines, columns=_HEAD).to_csv(file, index=False, float_format="%.6g")
    return file.getvalue()


def query(request: TransferRequest) -> dict[str, str]:
    """The page's own parameters of a link, without prefix, picture and model; nobody's own weights are in it."""
    eps = numbers.write_255ths(request.eps) if request.norm is Norm.LINF else numbers.write(request.eps)
    return {
        "networks": ",".join(name for name in request.networks if _public(name) == name) or "none",
        "by": request.attack,
        "how": configured.write(attacks.registry.get(request.attack), request.parameters),
        "norm": request.norm.value,
        "eps": eps,
        "seed": str(request.seed),
        "alone": str(int(request.alone)),
        "count": str(request.count),
    }


def take(reading: Params) -> None:
    """Put what a link says into the values, for `TransferRequest`; what is impossible becomes a sentence."""
    networks = reading.take("networks", longest=1000)
    if networks is not None:
        reading.values["networks"] = () if networks == "none" else tuple(networks.split(","))
    _attack(reading)
    _threat(reading)
    for name, least in (("seed", 0), ("count", 1)):
        there, whole = reading.whole(name, least, optional=False)
        if there and whole is not None:
            reading.values[name] = whole
    alone = reading.switch("alone")
    if alone is not None:
        reading.values["alone"] = alone


def _attack(reading: Params) -> None:
    kinds, by, how = crafting.suited(), reading.take("by"), reading.take("how", longest=1000)
    if by in kinds:
        reading.values["attack"] = by
        reading.left.update({by: how} if how is not None else {})
        found = configured.take(reading, {by: kinds[by]})
        if found:
            reading.values["parameters"] = found[by]
    elif by is not None:
        reading.problem(f"No attack “{shown(by)}” can be made on other networks; it is left out.")


def _threat(reading: Params) -> None:
    norm = reading.take("norm")
    if norm in set(Norm):
        reading.values["norm"] = Norm(str(norm))
    elif norm is not None:
        reading.problem(f"There is no norm “{shown(norm)}”; it is left out.")
    text = reading.take("eps")
    read = numbers.read_255ths if norm in (None, Norm.LINF) else numbers.read
    eps = None if text is None else read(text)
    if eps is not None and eps > 0:
        reading.values["eps"] = float(eps)
    elif text is not None:
        reading.problem(f"eps is a number above 0, not “{shown(text)}”; it is left out.")


def _public(name: str) -> str:
    """A network's name; of somebody's own weights, only that."""
    return "own" if name.startswith("own:") else name
