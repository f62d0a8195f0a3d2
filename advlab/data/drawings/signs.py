"""German road signs by what they say: the 43 of the German Traffic Sign Recognition Benchmark.

They are named as our networks name their classes; the most telling ones come first.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from advlab.data.drawings import frames, lettering, symbols
from advlab.data.drawings.plate import BLACK, GREY, RED, WHITE, Plate


def _limit(number: str) -> Plate:
    plate = frames.prohibition()
    if len(number) == 2:
        lettering.write(plate, number, BLACK, width=0.36, height=0.73, gap=0.23, thick=0.12)
    else:
        lettering.write(plate, number, BLACK, width=0.255, height=0.72, gap=0.175, thick=0.105)
    return plate


def _end_of_limit() -> Plate:
    plate = frames.derestriction()
    lettering.write(plate, "80", GREY, width=0.42, height=0.84, gap=0.24, thick=0.165)
    frames.strike_out(plate)
    return plate


def _end() -> Plate:
    plate = frames.derestriction()
    frames.strike_out(plate)
    return plate


def _end_of_overtaking(left: Callable[[Plate], None]) -> Plate:
    plate = frames.derestriction()
    left(plate)
    symbols.car(plate, 0.36, BLACK)
    frames.strike_out(plate)
    return plate


def _no_overtaking(left: Callable[[Plate], None]) -> Plate:
    plate = frames.prohibition()
    left(plate)
    symbols.car(plate, 0.33, BLACK)
    return plate


def _with(frame: Callable[[], Plate], symbol: Callable[[Plate], None]) -> Callable[[], Plate]:
    def drawn() -> Plate:
        plate = frame()
        symbol(plate)
        return plate

    return drawn


def _stop() -> Plate:
    plate = frames.octagon()
    lettering.write(plate, "STOP", WHITE, width=0.25, height=0.58, gap=0.17, thick=0.115)
    return plate


def _no_entry() -> Plate:
    plate = Plate()
    plate.disc(1.0, WHITE)
    plate.disc(0.96, RED)
    plate.box(-0.76, -0.18, 0.76, 0.18, WHITE)
    return plate


_LIMITS = {number: partial(_limit, number) for number in ("20", "30", "50", "60", "70", "80", "100", "120")}

SIGNS: Mapping[str, Callable[[], Plate]] = MappingProxyType(
    {
        "Stop": _stop,
        "Speed limit 50": _LIMITS["50"],
        "Give way": frames.yielding,
        "No entry": _no_entry,
        "Priority road": frames.diamond,
        **{f"Speed limit {number}": draw for number, draw in _LIMITS.items()},
        "No vehicles": frames.prohibition,
        "Pedestrians": _with(frames.warning, symbols.pedestrian),
        "Roundabout": _with(frames.command, symbols.roundabout),
        "Keep right": _with(frames.command, lambda p: symbols.keep(p, left=False)),
        "Ahead only": _with(frames.command, symbols.ahead),
        "General danger": _with(frames.warning, symbols.exclamation),
        "Traffic lights": _with(frames.warning, symbols.lights),
        "No overtaking": lambda: _no_overtaking(lambda p: symbols.car(p, -0.33, RED)),
        "No overtaking by trucks": lambda: _no_overtaking(lambda p: symbols.truck_behind(p, -0.3, RED)),
        "No trucks": _with(frames.prohibition, symbols.truck),
        "Right of way at next crossing": _with(frames.warning, symbols.crossing),
        "Road works": _with(frames.warning, symbols.works),
        "Children": _with(frames.warning, symbols.children),
        "Bicycles": _with(frames.warning, symbols.bicycle),
        "Wild animals": _with(frames.warning, symbols.deer),
        "Ice or snow": _with(frames.warning, symbols.snowflake),
        "Slippery road": _with(frames.warning, symbols.skidding),
        "Bumpy road": _with(frames.warning, symbols.bumps),
        "Sharp bend left": _with(frames.warning, lambda p: symbols.bend(p, left=True)),
        "Sharp bend right": _with(frames.warning, lambda p: symbols.bend(p, left=False)),
        "Double bend": _with(frames.warning, symbols.double_bend),
        "Road narrows on the right": _with(frames.warning, symbols.narrowing),
        "Turn right ahead": _with(frames.command, lambda p: symbols.turn(p, left=False)),
        "Turn left ahead": _with(frames.command, lambda p: symbols.turn(p, left=True)),
        "Straight or right": _with(frames.command, lambda p: symbols.straight_or(p, left=False)),
        "Straight or left": _with(frames.command, lambda p: symbols.straight_or(p, left=True)),
        "Keep left": _with(frames.command, lambda p: symbols.keep(p, left=True)),
        "End of speed limit 80": _end_of_limit,
        "End of all limits": _end,
        "End of no overtaking": lambda: _end_of_overtaking(lambda p: symbols.car(p, -0.36, BLACK)),
        "End of no overtaking by trucks": lambda: _end_of_overtaking(lambda p: symbols.truck_behind(p, -0.3, BLACK)),
    }
)
