"""The transfer matrix on the page: whom pictures fool that were made on other networks."""

from collections.abc import Mapping

import streamlit as st

from advlab.core.attack import Attack
from advlab.core.norms import Norm
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving import crafting
from advlab.serving.blackbox import transfer as work
from advlab.serving.blackbox.matrix import TOGETHER, Transfer
from advlab.serving.blackbox.request import TransferRequest
from advlab.serving.defend import sets
from advlab.serving.defend.sets import Brought
from advlab.serving.exports import transfers as files
from advlab.serving.figures import base, transfers
from advlab.ui import controls as lab_controls
from advlab.ui import lab, picker, radius, tasks, words
from advlab.ui.blackbox import opened
from advlab.ui.boundary.show import theme
from advlab.ui.defend import begin, source
from advlab.ui.state import LabState
from advlab.ui.state import lab as lab_state

_VIEW = "transfer"
_PREFIX = "b-transfer-"
_MOST = 1000
# Networks that are chosen at first beside the model: each one more is a row and a column.
_USUAL = 4
_FIRST = "mi_fgsm"
_QUESTION = "Does it fool a network that was never asked?"


def controls(card: Card, cards: Mapping[str, Card], brought: Brought | None) -> TransferRequest | None:
    """Networks, pictures and how these are made; None, with a sentence, where there is no other network."""
    names = others(card, cards)
    if not names:
        st.caption(f"No other model on this computer tells the same classes apart as {card.title}.")
        return None
    networks = st.multiselect(
        "Other networks", names, default=names[:_USUAL], format_func=lambda name: cards[name].title,
        key=f"{_PREFIX}networks-{card.name}", persist_state="session",
        help="Pictures are made on each and tried on all.",
    )  # fmt: skip
    alone = st.toggle(
        "Only the chosen picture", brought is None and not sets.draws(card.labels()), key=f"{_PREFIX}alone-{card.name}",
        persist_state="session",
        help="In place of a set. Networks that do not agree on what it shows are not compared.",
    )  # fmt: skip
    count = 1 if alone else st.number_input("How many pictures", 1, _MOST, 30, key=f"{_PREFIX}count",
                                            persist_state="session")  # fmt: skip
    kind = _attack()
    norm = _norm(kind)
    eps = _eps(kind, norm, card)
    with st.expander("Steps and seed", key=f"{_PREFIX}more", on_change="ignore"):
        own = lab_controls.fields(kind, _PREFIX)
        seed = st.number_input("Seed", 0, value=0, key=f"{_PREFIX}seed", persist_state="session")
    if not networks:
        st.error("Choose at least one other network.", icon=":material/error:")
        return None
    picture = lab_state().picture.named(card) if alone else source.named(brought)
    try:
        kind.configured(own)
        return TransferRequest.checked(
            picture=picture, model=card.name, networks=tuple(networks), attack=kind.name, parameters=own, norm=norm,
            eps=eps, seed=int(seed), alone=alone, count=int(count),
        )  # fmt: skip
    except AdvlabError as error:
        st.error(str(error), icon=":material/error:")
        return None


def others(card: Card, cards: Mapping[str, Card]) -> list[str]:
    """Networks that tell the same classes apart and see colours where it does."""
    return [
        name for name, one in cards.items()
        if name != card.name and one.labels() == card.labels() and one.input_size[0] == card.input_size[0]
    ]  # fmt: skip


def _attack() -> type[Attack]:
    kinds = crafting.suited()
    name = st.selectbox("Attack", list(kinds), list(kinds).index(_FIRST), format_func=lambda key: kinds[key].title,
                        key=f"{_PREFIX}attack", persist_state="session",
                        help="Those that were made to carry over come first.")  # fmt: skip
    return kinds[name]


def _norm(kind: type[Attack]) -> Norm:
    if len(kind.norms) == 1:
        return kind.norms[0]
    chosen = st.segmented_control(
        "Norm", list(kind.norms), default=kind.norms[0], required=True, format_func=lambda one: one.symbol,
        key=f"{_PREFIX}norm-{kind.name}", persist_state="session", width="stretch",
    )  # fmt: skip
    return chosen or kind.norms[0]


def _eps(kind: type[Attack], norm: Norm, card: Card) -> float:
    key = _PREFIX + radius.key(norm, kind, card)
    scale = radius.scale(norm, kind, card, st.session_state.get(key))
    eps = st.slider("ε", scale.low, scale.high, scale.value, scale.step, format=scale.shown, key=key,
                    persist_state="session", help="The largest change allowed.")  # fmt: skip
    return eps / 255 if norm is Norm.LINF else eps


def put(card: Card, cards: Mapping[str, Card], values: Mapping[str, object]) -> None:
    """Set them by what a link says, each to the nearest that it can be."""
    box = st.session_state
    kind = crafting.suited()[str(values.get("attack", _FIRST))]
    box[f"{_PREFIX}attack"] = kind.name
    networks = values.get("networks")
    if isinstance(networks, tuple):
        known = others(card, cards)
        box[f"{_PREFIX}networks-{card.name}"] = [name for name in networks if name in known]
    if isinstance(count := values.get("count"), int):
        box[f"{_PREFIX}count"] = min(count, _MOST)
    for name, key in (("seed", "seed"), ("alone", f"alone-{card.name}")):
        if name in values:
            box[f"{_PREFIX}{key}"] = values[name]
    norm = Norm(str(values.get("norm", kind.norms[0])))
    if norm in kind.norms:
        box[f"{_PREFIX}norm-{kind.name}"] = norm
        if isinstance(eps := values.get("eps"), float):
            box[_PREFIX + radius.key(norm, kind, card)] = round(eps * 255, 6) if norm is Norm.LINF else eps
    own = values.get("parameters")
    for name, value in own.items() if isinstance(own, dict) else ():
        box[f"{_PREFIX}{kind.name}.{name}"] = value


def run(state: LabState, request: TransferRequest | None) -> None:
    """The button."""
    number = 0 if request is None else len(request.names)
    begin.button(state, _VIEW, "Make and try them", request,
                 f"Made on {number} networks, each tried on all; you can stop at any time.")  # fmt: skip


def show(state: LabState, request: TransferRequest | None, brought: Brought | None) -> None:
    """The matrix, if somebody started it; before that, what it will say."""
    own = state.blackbox.transfer
    if request is not None and request.alone:
        card = state.cards()[request.model]
        picker.picker(state, card, lab.first_look(state, card))
        picker.problem(state)
    photo = state.picture.image if request is not None and request.alone else None
    if request is None or not begin.wanted(
        state, _VIEW, request, own, lambda job: work.transfer(request, photo, brought, job.show, job.stopping)
    ):
        words.heading(
            _QUESTION,
            "Pictures are made on one network and tried on the others, which the attacker has never seen: each is "
            "shown a picture once. What carries over needs no access at all.",
        )
        words.promise(
            ("grid_on", "Made on, tried on", "A row for each network that pictures are made on, a column for each "
             "that they are tried on. The diagonal is the white box."),
            ("group_work", "All together", "Pictures that fool many networks at once are more likely to fool one "
             "more: each is tried on the one that was left out."),
            ("touch_app", "Behind each number", "Click a cell to see its pictures, and what the network says to them."),
        )  # fmt: skip
        return
    tasks.watch(lambda: _drawn(state), own, _VIEW)


def _drawn(state: LabState) -> None:
    job, found = begin.current(state.blackbox.transfer, _VIEW)
    if job is None or (found is None and not job.live):
        return
    if not job.live and not found.cells:
        words.heading(_QUESTION, "Nothing was finished. Change a control to begin again.")
        return
    if found is None or not found.cells:
        words.heading(_QUESTION, "Still under way.")
        tasks.progress(job, "Loading networks, making the first pictures…", found.done if found else 0.0, "b-transfer")
        return
    _headline(found, live=job.live)
    if job.live:
        now = found.title(found.now) if found.now != TOGETHER else "all the others together"
        tasks.progress(job, f"Making pictures on {now}…", found.done, "b-transfer")
    cell = state.blackbox.cell if state.blackbox.cell in found.cells else None
    event = st.plotly_chart(
        transfers.matrix(found, theme(), cell), theme=None, key="b-transfer-cells", on_select="rerun",
        selection_mode="points", config=dict(base.config("transfer")), alt=_told(found),
    )  # fmt: skip
    points = event.selection.points
    if points:
        at = (found.rows[round(points[0]["y"])], found.request.names[round(points[0]["x"])])
        if at != state.blackbox.cell:
            state.blackbox.cell = at
            st.rerun(scope="fragment")
    opened.cell(found, cell)
    if not job.live:
        _take(found)


def _headline(found: Transfer, *, live: bool) -> None:
    count = "" if found.total == 1 else f" on {found.rule}"
    which = "that both networks get right" if found.known else "that both networks agree on"
    of = f"Only pictures count {which}." if found.total > 1 else "Only networks that agree on the picture count."
    end = " Still under way." if live else "" if found.complete else " Stopped early: what is empty was not tried."
    words.heading(
        found.sentence,
        f"Counted{count}. {of}{end}" if count else f"{of}{end}",
        "clean" if found.held else "adversarial",
    )


def _told(found: Transfer) -> str:
    return "; ".join(
        f"made on {found.title(row)}, tried on {found.title(name)}: {cell.won} of {cell.of} fooled"
        for (row, name), cell in found.cells.items()
    )


def _take(found: Transfer) -> None:
    st.download_button("Numbers", files.csv(found), "transfer.csv", "text/csv", icon=":material/table:",
                       key="b-transfer-csv", on_click="ignore", help="A line a cell, with 95% intervals.")  # fmt: skip
