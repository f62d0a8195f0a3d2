"""The models on this computer, in the groups that people look for; of ours, what was measured on each."""

from html import escape

import streamlit as st

from advlab import models
from advlab.models import Card
from advlab.models.shipped import Certified, Count, Shipped
from advlab.serving import measured
from advlab.ui.models import plain, shelf_of, size, unload, use
from advlab.ui.state import ModelsState
from advlab.ui.state import lab as lab_state

_COLUMN = 300


def here(state: ModelsState) -> None:
    """What anybody can use at once."""
    for sentence in models.broken_cards.values():
        st.error(plain(sentence), icon=":material/error:")
    groups = models.grouped(models.on_this_computer().values())
    _jump([*groups, "Your own weights", "More models"])
    for name, cards in groups.items():
        st.subheader(name, anchor=_anchor(name))
        if cards[0].shipped is None:
            shelf_of(state, {card.name: card for card in cards})
        else:
            _family(state, cards, cards[0].shipped)


def _jump(names: list[str]) -> None:
    """Links to the headings below."""
    links = "".join(f'<a href="#{_anchor(name)}">{escape(name.split(" · ")[0])}</a>' for name in names)
    # Not st.html, whose links would load the page anew.
    st.markdown(f'<nav class="jump" aria-label="Models">{links}</nav>', unsafe_allow_html=True)


def _anchor(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.split(" · ", maxsplit=1)[0].lower())


def _family(state: ModelsState, cards: list[Card], first: Shipped) -> None:
    """The undefended network and its twin side by side, the others below."""
    st.markdown(plain(_intro(first)))
    if first.data_note:
        st.caption(plain(first.data_note))
    twin = models.twin(cards[0])
    pair = [cards[0], twin] if twin in cards[1:] and twin is not None else []
    if pair:
        _pair(state, cards[0], pair[1])
    rest = [card for card in cards if card not in pair]
    if rest:
        grid = st.grid(3, min_column_width=_COLUMN, gap="medium", border=True)
        for card in rest:
            with grid.cell():
                _card(state, card)


def _intro(first: Shipped) -> str:
    """What the family tells apart, and what the bars are."""
    threat = measured.threat(first)
    norm = "" if first.norm.symbol in threat else f" ({first.norm.symbol})"
    return (
        f"{first.dataset}, {len(first.labels)} classes. The bars: how many test pictures a network gets right, as they "
        f"are and attacked at {threat}{norm}, with 95% intervals."
    )


def _pair(state: ModelsState, standard: Card, robust: Card) -> None:
    with st.container(border=True, key=f"pair-{standard.name}"):
        grid = st.grid(2, min_column_width=_COLUMN, gap="large")
        for card in (standard, robust):
            with grid.cell():
                _card(state, card)
        st.button(
            "Attack both, side by side",
            icon=":material/compare_arrows:",
            type="primary",
            key=f"both-{standard.name}",
            on_click=_both,
            args=(state, standard.name, robust.name),
        )


def _both(state: ModelsState, name: str, twin: str) -> None:
    """To the lab with both, where the run starts."""
    state.chosen = name
    st.session_state["with"] = twin
    lab_state().pressed = True


def _card(state: ModelsState, card: Card) -> None:
    shipped = card.shipped
    if shipped is None:
        return
    bars = "".join(_bar(count, shipped) for count in shipped.results.counted) or "<p>Nothing was measured yet.</p>"
    summary = escape(card.summary).replace(" = ", "&nbsp;=&nbsp;")  # “ε = 8/255” stays on one line
    st.markdown(
        f'<div class="card ours"><div class="title" role="heading" aria-level="4">{escape(card.title)}</div>'
        f"<p>{summary}</p>"
        f'<dl class="rates">{bars}</dl></div>',
        unsafe_allow_html=True,
    )
    with st.expander("How it was made and measured"):
        _made(card, shipped)
    with st.container(horizontal=True):
        use(state, card.name, key=f"use-{card.name}")
        unload(card.name)


def _bar(count: Count, shipped: Shipped) -> str:
    """One rate: what it is of, the number, and a bar with its interval as a whisker."""
    low, high = count.interval
    kind = "clean" if count is shipped.results.clean else "proved" if isinstance(count, Certified) else "attacked"
    where = f" at ε = {shipped.budget}" if kind == "attacked" else ""
    if isinstance(count, Certified):
        where = f" within L2 {count.radius:g}"
    return (
        f'<div class="rate {kind}"><dt>{escape(count.kind + where)}</dt>'
        f"<dd><b>{measured.rate(count)}</b> <span>{measured.between(count)}</span></dd>"
        f'<div class="bar" aria-hidden="true"><i style="width: {count.share:.2%}"></i>'
        f'<s style="left: {low:.2%}; width: {high - low:.2%}"></s></div></div>'
    )


def _made(card: Card, shipped: Shipped) -> None:
    rows = {
        "Recipe": f"{shipped.recipe}, {shipped.epochs} epochs, seed {shipped.seed}",
        "Trained on": shipped.trained,
        "Data": f"{shipped.dataset}. {shipped.data_note}" if shipped.data_note else shipped.dataset,
        **{count.kind: measured.counted(count) for count in shipped.results.counted},
        "Network": f"{shipped.architecture.partition(':')[2]}, {card.parameters:,} parameters, "
        f"input {' × '.join(map(str, reversed(card.input_size)))}",
        "File": f"{size(card.bytes)}, {shipped.dtype}",
        "Licence": card.licence,
    }
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    st.html(f'<dl class="facts">{cells}</dl>')
    st.caption("Make it again:")
    st.code(shipped.command, language=None, wrap_lines=True)
