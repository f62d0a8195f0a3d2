"""What a slice comes to, in words."""

import math
from dataclasses import dataclass

from advlab.core.norms import Norm
from advlab.serving.figures.axes import length
from advlab.serving.geometry.landscape import Landscape
from advlab.serving.geometry.spread import Spread
from advlab.serving.outcome import size


@dataclass(frozen=True)
class Said:
    """A heading and a sentence below it."""

    headline: str
    detail: str


def of_slice(land: Landscape, across: str, up: str) -> Said:
    """How far the boundary is along the axes: the nearer side of the one up."""
    norm, name = land.request.norm, land.names[land.clean]
    if land.wrong:
        return Said(
            f"{land.title} does not call it {name}",
            f"It says {land.names[land.answer]}, so there is no region of {name} around the picture.",
        )
    if land.distances is None:
        return Said(f"Around the picture: {name}", "Looking for the boundary…")
    along, back, above, below = land.distances
    beside = min(above, below)
    where = (
        f"ends {size(norm, along)} away" if math.isfinite(along) else f"goes on for over {size(norm, land.farthest)}"
    )
    headline = f"{name} {where}"
    ways = [
        f"Along {across}: {length(norm, along, land.farthest)}, against it: {length(norm, back, land.farthest)}",
        f"along {up}: {length(norm, beside, land.farthest)}{_times(along, beside, land.farthest)}",
    ]
    return Said(headline, "; ".join(ways) + ".")


def _times(near: float, far: float, farthest: float) -> str:
    if not math.isfinite(near) or near <= 0 or far < 1.5 * near:
        return ""
    least = "" if math.isfinite(far) else "at least "
    return f", {least}{_factor(min(far, farthest) / near)} times as far"


def _factor(times: float) -> str:
    return f"{times:.1f}" if times < 10 else f"{times:.0f}"


def of_spread(spread: Spread, across: str) -> Said:
    """The lesson: how much farther the boundary is in a random direction."""
    norm: Norm = spread.request.norm
    if not math.isfinite(spread.adversarial):
        return Said(
            f"{spread.clean} does not end in this direction", f"Nothing was found up to {size(norm, spread.reach)}."
        )
    near = size(norm, spread.adversarial)
    if not spread.random:
        return Said(f"{near} along {across}", "Now in random directions.")
    count, met = len(spread.random), spread.met
    least = "at least " if not math.isfinite(spread.typical) else ""
    middle = length(norm, spread.typical, spread.reach)
    return Said(
        f"{least.capitalize()}{_factor(spread.times)} times farther in a random direction",
        f"{near} along {across}; {middle} at the median of {count} random directions, of which {met} meet a boundary.",
    )


def of_both(first: Landscape, second: Landscape) -> Said:
    """Two models in one plane: how far the clean class reaches along the axis across, in each."""
    name = first.names[first.clean]
    if first.wrong or second.wrong or first.distances is None or second.distances is None:
        return Said(f"Around the picture: {name}", f"{first.title}, and in the same plane {second.title}.")
    norm, farthest = first.request.norm, first.farthest
    one, other = first.distances[0], second.distances[0]
    times = ""
    if math.isfinite(one):
        times = _times(one, other, farthest).removeprefix(", ")
    headline = (
        f"{name} ends {length(norm, one, farthest)} away; with {short(second.title)}, {length(norm, other, farthest)}"
    )
    return Said(headline, f"{second.title} against {first.title}{': ' + times if times else ''}.")


def short(title: str) -> str:
    """Of a model's title, what tells it from its family: “TRADES” of “Traffic signs · TRADES”."""
    return title.rsplit(" · ", 1)[-1]
