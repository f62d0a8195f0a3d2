"""What every page with links does: arrive by one, keep the address current, show the link to copy."""

from collections.abc import Callable, Mapping
from typing import Protocol

import streamlit as st

from advlab.models import Card
from advlab.serving.exports import prefixed
from advlab.serving.exports.prefixed import OwnLink
from advlab.ui import arrival
from advlab.ui.state import LabState


class Addressed(Protocol):
    """A page's own state: the address that it last wrote or read, and what people should know of it."""

    address: dict[str, str] | None
    notice: str | None


def arrived(own: Addressed, parse: Callable[[Mapping[str, object]], OwnLink]) -> OwnLink | None:
    """What the address says, if it is not the one that we wrote ourselves and says anything of ours."""
    params = {name: st.query_params[name] for name in st.query_params}
    if params == own.address:
        return None
    own.address = params
    link = parse(params)
    return link if link.present else None


def follow(
    state: LabState, own: Addressed, cards: Mapping[str, Card], link: OwnLink, beside_key: str | None = None
) -> None:
    """Start the attack of a link, choose the second model, and say what could not be followed."""
    arrival.follow(state, cards, link.attack)
    problems = list(link.problems)
    known = link.beside in cards
    if beside_key is not None:
        st.session_state[beside_key] = link.beside if known else None
    if link.beside is not None and not known:
        problems.append(f"The link compares with “{link.beside[:60]}”, a model that is not here.")
    own.notice = " ".join(problems) or None


def write(state: LabState, own: Addressed, said: dict[str, str] | None) -> None:
    """Let the address say what the controls say; not while the attack of a link is still under way."""
    if said is not None and said != own.address and state.job is None:
        st.query_params.from_dict(said)
        own.address = said


def share(said: dict[str, str], page: str, sentence: str) -> None:
    """The link to what is shown now, on the page of this path."""
    base = str(st.context.url or "").split("?", maxsplit=1)[0] or page
    st.markdown(sentence)
    st.code(prefixed.url(base, said), language=None, wrap_lines=True)
    if said.get("image") == prefixed.UPLOAD:
        st.info("Your picture is never in a link: whoever opens it brings their own.", icon=":material/lock:")
