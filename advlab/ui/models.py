"""The parts of the Models page: what is in memory, cards, and what can be had."""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from advlab import models
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving.jobs import Job
from advlab.ui import shelf, work
from advlab.ui.state import ModelsState

_COLUMN = 300
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_MARKUP = re.compile(r"([\\`*_\[\]<>~$#])")


def head(state: ModelsState) -> None:
    """What is in memory, and how much more fits."""
    cache = models.cache
    loaded = cache.loaded_models()
    st.html(
        '<div class="models"><h1>Models</h1><p>Networks that you can attack. Those on this computer work without the '
        "internet; each is loaded once and shared by everybody on this server.</p></div>"
    )
    names = ", ".join(
        f"{plain(_title(state, model.name))} ({size(model.bytes)}, {_device(model.device)})" for model in loaded
    )
    none = "A model is being loaded" if cache.used else "No model is loaded yet"
    st.progress(
        min(1.0, cache.used / max(1, cache.limit)),
        f"**In memory: {size(cache.used)} of at most {size(cache.limit)}.** {names or none}. "
        "When memory is full, the model unused longest is unloaded.",
    )


def shelf_of(state: ModelsState, cards: Mapping[str, Card]) -> None:
    """One card for each model, with what can be done with it."""
    grid = st.grid(3, min_column_width=_COLUMN, gap="medium", border=True)
    for name, card in cards.items():
        with grid.cell():
            facts(card)
            with st.container(horizontal=True):
                use(state, name, key=f"use-{name}")
                unload(name)
                if name in state.own:
                    st.button("Forget", key=f"forget-{name}", on_click=_forget, args=(state, name))


def unload(name: str) -> None:
    """The button that frees the memory of a model, where it is loaded."""
    loaded = sum(model.bytes for model in models.cache.loaded_models() if model.name == name)
    if loaded:
        st.button(
            f"Unload {size(loaded)}",
            key=f"unload-{name}",
            on_click=_unload,
            args=(name,),
            help="Frees memory; the model is loaded again when somebody needs it.",
        )


def use(state: ModelsState, name: str, *, key: str, primary: bool = False) -> None:
    """The button that leads to the lab, with this model."""
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    st.button("Use in the lab", key=key, type=kind, on_click=_choose, args=(state, name))


def _choose(state: ModelsState, name: str) -> None:
    state.chosen = name


def leave(state: ModelsState) -> None:
    """To the lab, if a model was chosen for it. First thing of the page: a click leaves only a mark."""
    if state.chosen is not None:
        state.found = None  # when somebody comes back, it is old news
        st.session_state["model"], state.chosen = state.chosen, None
        st.switch_page("pages/lab.py")


def _unload(name: str) -> None:
    models.cache.unload(name)


def _forget(state: ModelsState, name: str) -> None:
    models.forget(name)
    state.own.pop(name, None)
    if state.found is not None and state.found.card.name == name:
        state.found = None


def facts(card: Card) -> None:
    """A card: what it is, where it comes from, and what is known of it."""
    _, height, width = card.input_size
    rows = {
        "Published accuracy": _accuracy(card),
        "Input": f"{width} × {height}",
        "Size": f"{size(card.bytes)}, {card.parameters / 1e6:.1f} million parameters",
        "Licence": _linked(card.licence),
        "Source": _linked(card.source),
    }
    cells = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items())
    # Not st.html, which would open the links in this very tab, where they end the session; and no h4, which
    # st.markdown would make a link to itself.
    st.markdown(
        f'<div class="card"><div class="title" role="heading" aria-level="4">{escape(card.title)}</div>'
        f"<p>{escape(card.summary)}</p>"
        f'<dl class="facts">{cells}</dl></div>',
        unsafe_allow_html=True,
    )


def _accuracy(card: Card) -> str:
    """In HTML; the whole of where it was published comes when the mouse rests on it."""
    if "%" not in card.accuracy:
        return escape(card.accuracy or "not published")
    dataset = card.accuracy_source.split(",")[0]
    return (
        f'<span title="{escape(card.accuracy_source)}" style="cursor: help; text-decoration: underline dotted; '
        f'text-underline-offset: 3px">{escape(card.accuracy)} on {escape(dataset)}</span>'
    )


def _linked(text: str) -> str:
    """In HTML, web addresses as links and nothing else as markup."""
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        shown = found[0].partition("://")[2].removesuffix("/")
        link = f'<a href="{escape(found[0])}" target="_blank" rel="noopener">{escape(shown)}</a>'
        parts += [escape(text[end : found.start()]), link]
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def plain(text: str) -> str:
    """Markdown that shows the text as it is."""
    return _MARKUP.sub(r"\\\1", text)


def more(state: ModelsState) -> None:
    """Everything that can be downloaded."""
    st.subheader("More models", anchor="more-models")
    source = st.segmented_control(
        "Library", ["torchvision", "timm"], default="torchvision", required=True, key="library",
        help="torchvision: every classification network with each of its weights. timm: any network by its name.",
    )  # fmt: skip
    card = _timm() if source == "timm" else _torchvision()
    if card is None:
        return
    with st.container(border=True):
        facts(card)
        _get(state, card)


def _torchvision() -> Card | None:
    cards = {name: card for name, card in models.catalogue().items() if card.family == "torchvision"}
    name = st.selectbox(
        f"One of {len(cards)} torchvision models",
        list(cards),
        index=None,
        format_func=lambda key: f"{cards[key].title}, {cards[key].accuracy}, {size(cards[key].bytes)}",
        placeholder="Type to search, for instance ResNet-50",
        key="torchvision",
    )
    with st.expander("As a table", key="torchvision-table", on_change="rerun") as table:
        if table.open:
            _table(cards)
    return cards[name] if name else None


def _table(cards: Mapping[str, Card]) -> None:
    rows = [
        {
            "Model": card.title,
            "Top-1": float(card.accuracy.split("%")[0]),
            "Input": f"{card.input_size[2]} × {card.input_size[1]}",
            "Parameters (M)": card.parameters / 1e6,
            "File (MB)": card.bytes / 1e6,
            "Here": card.weights() is not None,
        }
        for card in cards.values()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=420)


def _timm() -> Card | None:
    with st.spinner("Reading timm's list…"):
        names = models.architectures_of("timm")
    name = st.selectbox(
        f"One of {len(names):,} timm networks",
        names,
        index=None,
        placeholder="Type to search, for instance convnext_tiny",
        key="timm",
    )
    if name is None:
        return None
    try:
        return models.card(f"timm:{name}")
    except AdvlabError as error:
        st.error(str(error))
        return None


def _get(state: ModelsState, card: Card) -> None:
    """Download, or use what is here."""
    job = state.downloads.get(card.name)
    if card.weights() is not None:
        use(state, card.name, key="use-more", primary=True)
        return
    if job is not None and job.live:
        watch(job, card)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Download {size(card.bytes)}",
            key="download",
            icon=":material/download:",
            type="primary",
            on_click=_start,
            args=(state, card.name),
        )
        if card.url:
            st.caption(f"From {urlsplit(card.url).hostname}")
    if job is not None and job.problem:
        (st.info if job.stopped else st.error)(plain(job.problem))


def _start(state: ModelsState, name: str) -> None:
    try:
        state.downloads[name] = shelf.download(name)
    except AdvlabError as error:
        st.toast(plain(str(error)), icon=":material/error:")


@st.fragment(run_every=0.4)
def watch(job: Job[Path], card: Card) -> None:
    """How far a download is."""
    if not job.live:
        st.rerun()
    share = job.progress.fraction if job.progress else 0.0
    done = job.progress.step if job.progress else 0
    st.progress(share, f"{card.title}: {size(done)} of {size(card.bytes)}")
    st.button("Stop", key="stop-download", icon=":material/stop:", on_click=_stop, args=(job,))


def _stop(job: Job[Path]) -> None:
    job.leave(work.person())


def _title(state: ModelsState, name: str) -> str:
    """As this visitor reads it."""
    if name in state.own:
        return state.own[name].title
    try:
        return models.card(name).title if not name.startswith("own:") else "somebody's own weights"
    except AdvlabError:
        return name


def _device(device: str) -> str:
    return "CPU" if device == "cpu" else device


def size(count: int) -> str:
    """Bytes for people."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 9.5e6 else f"{max(count, 1e5) / 1e6:.1f} MB"
