"""Which plane: how it is measured, how far and how finely it is looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from advlab.core.norms import Norm
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving.figures import axes
from advlab.serving.geometry.ground import Materials
from advlab.serving.geometry.request import Axis, Direction, PlaneRequest
from advlab.serving.outcome import Outcome
from advlab.ui import second, suited
from advlab.ui.boundary import axis
from advlab.ui.boundary.state import BoundaryState
from advlab.ui.state import LabState

# L∞ in 255ths, the others in the norm of the picture.
_REACHES: dict[Norm, tuple[float, ...]] = {
    Norm.LINF: (1, 2, 4, 8, 16, 32, 64, 128, 255),
    Norm.L2: (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64),
    Norm.L1: (10, 30, 100, 300, 1000, 3000, 10000),
}
_BALLS = {Norm.LINF: 2 / 255, Norm.L2: 0.5, Norm.L1: 30.0}
_LINES = (41, 101, 201)
# Longer sides, or more parameters, are slow to ask about.
_LARGE, _MANY = 100, 1_500_000


@dataclass(frozen=True)
class Choice:
    """What the controls say.

    Attributes:
        request: the plane; None if it is impossible.
        materials: what it is made of.
        digests: name the pixels of all pictures in it.
        titles: of both axes.
        beside: a second model in the same plane.
        problem: why there is no request.
        needs_run: an axis is of an attack, and there is none yet.
    """

    request: PlaneRequest | None
    materials: Materials
    digests: tuple[str, ...]
    titles: tuple[str, str]
    beside: str | None
    problem: str | None
    needs_run: bool

    @property
    def models(self) -> tuple[str, ...]:
        """Who answers: the model that the plane is of, and the one beside it."""
        if self.request is None:
            return ()
        return (self.request.model, *([self.beside] if self.beside else []))


def choose(state: LabState, card: Card, cards: Mapping[str, Card]) -> Choice:
    """Draw the controls."""
    runs = state.runs_on(card)
    pictures = {picture.named(card): picture for picture in suited.offered(state, card) if picture != state.picture}
    _follow(state.boundary, runs)
    beside = second.choose(card, cards, "p-with", "Beside it, in the same plane")
    chosen = {name: axis.choose(name, runs, card, pictures) for name in axis.NAMES}
    norm = _norm()
    begins = _radius(norm, card, runs, chosen["across"])
    wanted, state.boundary.wanted = state.boundary.wanted, {}
    reach = _reach(norm, begins, wanted)
    resolution = _resolution(card, wanted)
    with st.expander("Ball, pixels and seed", on_change="ignore", key="p-more"):
        eps, clip, seed = _more(norm, begins, wanted)
    problem = request = None
    try:
        request = PlaneRequest.checked(
            picture=state.picture.named(card), model=card.name, norm=norm, reach=reach, eps=eps,
            resolution=resolution, clip=clip, seed=seed, **chosen,
        )  # fmt: skip
    except AdvlabError as error:
        problem = str(error)
    used = {one.of: pictures[one.of] for one in chosen.values() if one.of in pictures}
    labels, names = card.labels(), {name: picture.title for name, picture in pictures.items()}
    across, up = (axes.name(one, norm, labels, runs, names) for one in chosen.values())
    return Choice(
        request=request,
        materials=Materials(state.picture.image, {name: one.image for name, one in used.items()}, runs),
        digests=(state.picture.digest, *(one.digest for one in used.values()), *axis.runs_of(chosen.values(), runs)),
        titles=(across, up),
        beside=beside,
        problem=problem,
        needs_run=not runs and any(one.direction is Direction.ATTACK for one in chosen.values()),
    )


def _follow(state: BoundaryState, runs: Mapping[str, Outcome]) -> None:
    """A new attack is what somebody wants to see the plane of, unless a link has said what it wants."""
    newest = next(iter(runs), None)
    if newest is None or newest == state.followed:
        return
    state.followed = newest
    if not state.linked:
        norm = runs[newest].request.norm
        st.session_state["p-across"] = Direction.ATTACK.value
        st.session_state["p-norm"] = norm if norm in _REACHES else Norm.LINF
    state.linked = False


def _norm() -> Norm:
    chosen = st.segmented_control(
        "Measured in", list(_REACHES), default=Norm.LINF, required=True, format_func=lambda norm: norm.symbol,
        key="p-norm", persist_state="session", width="stretch",
    )  # fmt: skip
    return chosen or Norm.LINF


def _radius(norm: Norm, card: Card, runs: Mapping[str, Outcome], across: Axis) -> float:
    """The ball to begin with: the attack's, the one of the model's card, or a usual one."""
    run = axis.run_of(across, runs)
    if run is not None:  # in another norm than its own, the size that its change has there
        given = run.request.eps if run.request.norm is norm else None
        return given or run.norms[norm.value]
    if card.shipped is not None and card.shipped.norm is norm:
        return card.shipped.eps
    return _BALLS[norm]


def _reach(norm: Norm, eps: float, link: Mapping[str, object]) -> float:
    scale = axes.factor(norm)
    offered = _REACHES[norm]
    wanted = next((one for one in offered if one >= 2 * eps * scale - 1e-6), offered[-1])
    key = f"p-reach-{norm}-{wanted:g}"  # another one for another attack, so that the ball is always in sight
    if isinstance(link.get("reach"), float):
        st.session_state[key] = _plain(link["reach"], scale)
    given = st.session_state.get(key)
    offered = offered if given is None else tuple(sorted({*offered, given}))
    value = st.select_slider(
        "Range to each side", offered, value=wanted, format_func=lambda n: f"{n:g}/255" if scale > 1 else f"{n:g}",
        key=key, persist_state="session",
    )  # fmt: skip
    return float(value) / scale


def _plain(value: object, scale: float) -> float:
    """A length of a link as a control shows it."""
    shown = round(float(str(value)) * scale, 6)
    return int(shown) if shown.is_integer() else shown


def is_slow(card: Card) -> bool:
    """Whether to begin with few points: an answer of this network takes long."""
    return max(card.input_size[1:]) > _LARGE or card.parameters > _MANY


def _resolution(card: Card, link: Mapping[str, object]) -> int:
    slow = is_slow(card)
    usual = _LINES[0] if slow else _LINES[-1]
    key = f"p-lines-{slow}"
    if "resolution" in link:
        st.session_state[key] = link["resolution"]
    given = st.session_state.get(key)
    offered: Sequence[int] = _LINES if given in (None, *_LINES) else sorted({*_LINES, given})
    chosen = st.segmented_control(
        "Points along each side", list(offered), default=usual, required=True, key=key, persist_state="session",
        width="stretch", help="Most of them are asked about only near a boundary. More points take longer.",
    )  # fmt: skip
    return chosen or usual


def _more(norm: Norm, begins: float, link: Mapping[str, object]) -> tuple[float | None, bool, int]:
    scale = axes.factor(norm)
    key = f"p-eps-{norm}-{begins:.6g}"
    if "eps" in link:
        st.session_state[key] = None if link["eps"] is None else float(_plain(link["eps"], scale))
    eps = st.number_input(
        "Radius of the ball" + (", in 1/255" if scale > 1 else ""), value=round(begins * scale, 3),
        min_value=0.0, format="%g", key=key, persist_state="session", placeholder="no ball",
        help="The dashed line (0 for none): what an attacker with this budget can reach in this plane.",
    )  # fmt: skip
    clip = st.toggle(
        "Keep pixels between black and white",
        True,
        key="p-clip",
        persist_state="session",
        help="As every picture file does. Off: the plane goes on beyond, and what is no picture is hatched.",
    )
    seed = st.number_input("Seed of random axes", value=0, step=1, key="p-seed", persist_state="session")
    return (eps / scale if eps else None), clip, int(seed)
