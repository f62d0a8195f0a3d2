"""Where an axis of the plane leads."""

from collections.abc import Iterable, Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.geometry.request import Axis, Direction
from advlab.serving.outcome import Outcome
from advlab.ui import going_on
from advlab.ui.state import Picture

_DIRECTIONS = {
    Direction.SIGN: "The gradient's sign",
    Direction.GRADIENT: "The gradient",
    Direction.CLASS: "Towards a class",
    Direction.PICTURE: "Towards a picture",
    Direction.RANDOM: "A random direction",
}
NAMES = {"across": "Across", "up": "Up"}
_HELP = {
    "across": "The gradient and an attack lead to where the answer changes soonest.",
    "up": "At a right angle to the first: what is common to both is taken out.",
}


def choose(name: str, runs: Mapping[str, Outcome], card: Card, pictures: Mapping[str, Picture]) -> Axis:
    """The control of an axis, `across` or `up`, and of what it is of."""
    box, key = st.session_state, f"p-{name}"
    attacks = ["attack", *(f"attack:{run}" for run in list(runs)[1:])]
    options = [*attacks, *(direction.value for direction in _DIRECTIONS)]
    if not pictures:
        options.remove(Direction.PICTURE)
    if box.get(key) not in options:
        box[key] = Direction.RANDOM.value if name == "up" else attacks[0] if runs else Direction.SIGN.value
    titles = going_on.titles(runs, card)
    latest = next(iter(titles.values()), None)

    def words(option: str) -> str:
        direction, _, run = option.partition(":")
        if direction != Direction.ATTACK:
            return _DIRECTIONS[Direction(direction)]
        found = titles.get(run, latest)
        return f"The change of {found}" if found is not None else "An attack's change"

    option = st.selectbox(NAMES[name], options, format_func=words, key=key, persist_state="session", help=_HELP[name])
    direction, _, of = option.partition(":")
    if direction == Direction.CLASS:
        of = str(_class(name, card))
    elif direction == Direction.PICTURE:
        of = _picture(name, pictures)
    return Axis(direction=Direction(direction), of=of)


def _class(name: str, card: Card) -> int:
    labels, key = card.labels(), f"p-{name}-class"
    if not isinstance(st.session_state.get(key), int) or st.session_state[key] >= len(labels):
        st.session_state[key] = 0
    return st.selectbox(
        "Class", range(len(labels)), format_func=lambda index: labels[index], key=key, persist_state="session",
        help="Type to search.",
    )  # fmt: skip


def _picture(name: str, pictures: Mapping[str, Picture]) -> str:
    names, key = list(pictures), f"p-{name}-picture"
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0 if name == "across" else -1]
    return st.selectbox("Picture", names, format_func=lambda one: pictures[one].title, key=key, persist_state="session")


def run_of(axis: Axis, runs: Mapping[str, Outcome]) -> Outcome | None:
    """The attack that an axis is of."""
    if axis.direction is not Direction.ATTACK:
        return None
    return runs.get(axis.of) or next(iter(runs.values()), None)


def runs_of(chosen: Iterable[Axis], runs: Mapping[str, Outcome]) -> list[str]:
    """The runs that axes are of: a later one on the same picture changes nothing of a plane without it."""
    return [axis.of or next(iter(runs), "") for axis in chosen if axis.direction is Direction.ATTACK]
