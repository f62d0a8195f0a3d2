"""Links: a visitor arrives with one, and the address always says what the controls say."""

from collections.abc import Mapping

import streamlit as st

from advlab import attacks, models
from advlab.core.attack import Attack, Objective
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data.samples import SAMPLES
from advlab.models import Card
from advlab.serving.exports import links
from advlab.ui import controls, crafted, interface, radius, run
from advlab.ui.state import LabState
from advlab.ui.viewer import VIEWS
from advlab.ui.work import DEFAULT_MODEL

PRESENT = "present"


def arrive(state: LabState, cards: Mapping[str, Card]) -> None:
    """Set the controls by the address, if it is not the one that we wrote ourselves."""
    params = {name: st.query_params[name] for name in st.query_params}
    if params == state.address:
        return
    state.address = params
    take(state, cards, links.parse(params))


def take(state: LabState, cards: Mapping[str, Card], link: links.Link) -> None:
    """Set the lab by what a link says."""
    if not link.present:
        return
    problems = list(link.problems)
    if link.private_image and not state.picture.private:
        problems.append("A link never holds a picture of your own, and a reload forgets it: upload it again.")
    if link.private_model:
        problems.append("A link never holds weights of your own: add them on the page Models.")
    values = dict(link.values)
    for name, chosen in (("model", values.get("model")), ("with", link.compare)):
        if chosen is not None and chosen not in cards:
            problems.append(f"The weights of {chosen} are not on this computer: download them on the page Models.")
            values.pop(name, None)
    compare = link.compare if link.compare in cards else None
    first = cards.get(str(values.get("model", st.session_state.get("model"))))
    if compare is not None and first is not None and not controls.comparable(first, cards[compare]):
        problems.append(f"{first.title} and {cards[compare].title} tell different things apart: they are not compared.")
        compare = None
    problem = _sources(values, first, cards, compare)
    if problem is not None:
        problems.append(problem)
        del values["sources"]
    put(values, compare)
    picture = values.get("picture")
    if isinstance(picture, str) and picture.removeprefix("sample:") in SAMPLES:
        state.picture = state.offered[picture]
    state.linked, state.labels = (picture if isinstance(picture, str) else None), None
    state.presenting = link.view == PRESENT
    if link.view in VIEWS:
        state.view = link.view
        state.arrivals += 1
    state.notice = " ".join(problems) or None
    # What was not understood in full is not run: it would be another attack than the one that was meant.
    state.pressed = link.run and not problems


def _sources(
    values: Mapping[str, object], first: Card | None, cards: Mapping[str, Card], compare: str | None
) -> str | None:
    """Why the picture cannot be made on the models that a link names; None where it can, or names none."""
    sources = values.get("sources")
    for name in sources if isinstance(sources, tuple) else ():
        if name not in cards:
            return f"The weights of {name} are not on this computer: download them on the page Models."
        if name == compare:
            return f"{cards[name].title} cannot be compared with, since the picture would be made on it."
        if first is not None and (name == first.name or not crafted.fits(cards[name], first)):
            return f"A picture for {first.title} cannot be made on {cards[name].title}."
    return None


def follow(state: LabState, cards: Mapping[str, Card], link: links.Link) -> None:
    """For pages without the lab's controls: set the lab by a link, and start the attack that it is of."""
    take(state, cards, link)
    if state.pressed:
        state.pressed = False
        request, state.problem = run.read(dict(link.values))
        state.compare = None
        run.start(state, request)


def put(values: Mapping[str, object], compare: str | None = None) -> None:
    """Set the widgets to the values of a request; what is not named stays as it is."""
    box = st.session_state
    box["with"] = compare
    for name in ("model", "seed", "truth"):
        if name in values:
            box[name] = values[name]
    if "target" in values:
        box["goal"] = controls.ANY if values["target"] is None else controls.CHOSEN
        if values["target"] is not None:
            box["target"] = values["target"]
    if "attack" not in values:
        return
    attack = attacks.registry.get(str(values["attack"]))
    sources = values.get("sources")
    sees = crafted.NOTHING if isinstance(sources, tuple) and sources else attack.access
    box["sees"], box[f"attack-{sees}"] = sees, attack.name
    if isinstance(sources, tuple) and sources:
        box[crafted.key(str(values.get("model", box.get("model", DEFAULT_MODEL))))] = list(sources)
    _threat(values, attack)
    if "early_stop" in values and not sources and attack.objective is Objective.RADIUS:
        box[f"early-{attack.access}"] = values["early_stop"]
    if "max_queries" in values:
        box[f"most-{attack.name}"] = values["max_queries"]
    interface.put(values.get("service"))
    own = values.get("parameters")
    for name, value in own.items() if isinstance(own, dict) else ():
        box[f"{attack.name}.{name}"] = value


def _threat(values: Mapping[str, object], attack: type[Attack]) -> None:
    box = st.session_state
    norm = Norm(str(values.get("norm", attack.norms[0])))
    if len(attack.norms) > 1:
        box[f"norm-{attack.name}"] = norm
    if "eps" not in values:
        return
    eps = values["eps"]
    if attack.objective is Objective.MINIMAL:
        box[f"limited-{attack.name}"] = eps is not None
    if isinstance(eps, float):
        card = models.on_this_computer().get(str(box.get("model")))
        box[radius.key(norm, attack, card)] = round(eps * 255, 6) if norm is Norm.LINF else eps


def extra(state: LabState) -> dict[str, str]:
    """What a link says besides the request."""
    more = {"view": PRESENT if state.presenting else state.view}
    if state.compare:
        more["with"] = state.compare
    return more


def write(state: LabState, request: AttackRequest | None) -> None:
    """Let the address say what the controls say; `run=1` where the result of just that is shown."""
    if request is None:
        return
    shown = state.running if state.job is not None else state.outcome and state.outcome.request
    address = links.query(request, run=shown == request, extra=extra(state))
    if address != state.address:
        st.query_params.from_dict(address)
        state.address = address


def link(state: LabState, request: AttackRequest) -> tuple[str, str | None]:
    """The link to this request, and what it leaves out on purpose."""
    base = str(st.context.url or "").split("?", maxsplit=1)[0] or "/lab"
    return links.url(base, request, extra=extra(state)), links.note(request)
