"""What the attacker is shown: switches for what stands before the model, each with its number."""

from collections.abc import Mapping

import streamlit as st

from advlab.core.request import Value
from advlab.core.service import Service
from advlab.models import Card


def choose(card: Card, prefix: str = "") -> dict[str, Value]:
    """Draw them; the values of a `Service`."""
    classes = len(card.labels())
    shown: dict[str, Value] = {}
    if _switch(prefix, "top", "Only the top classes", "The most likely classes only, as most services do."):
        shown["top"] = int(_number(prefix, "top", "Classes shown", (1, classes), min(3, classes)))
    if _switch(prefix, "decimals", "Rounded", "Probabilities with few decimals: small gains are not seen."):
        shown["decimals"] = int(_number(prefix, "decimals", "Decimals", (0, 15), 2))
    if _switch(prefix, "noise", "Noise", "Each answer is disturbed anew: the label, too."):
        shown["noise"] = _number(prefix, "noise", "Standard deviation", (0.0, 1.0), 0.02)
    if _switch(prefix, "per_minute", "So many a minute", "And an attacker who does not wait for ever."):
        shown["per_minute"] = int(_number(prefix, "per_minute", "Questions a minute", (1, 1_000_000), 60))
        shown["minutes"] = _number(prefix, "minutes", "Patience in minutes", (0.1, 1e6), 10.0)
    return shown


def _key(prefix: str, name: str) -> str:
    return f"{prefix}{Service.name}.{name}"


def _switch(prefix: str, name: str, label: str, about: str) -> bool:
    return st.toggle(label, key=_key(prefix, name), persist_state="session", help=about)


def _number(prefix: str, name: str, label: str, limits: tuple[float, float], begin: float) -> float:
    least, most = limits
    step = 0.01 if name == "noise" else 1.0 if isinstance(least, float) else 1
    return float(
        st.number_input(
            label, least, most, begin, step, key=f"{_key(prefix, name)}-number", persist_state="session",
            format="%g" if isinstance(least, float) else None,
        )
    )  # fmt: skip


def put(shown: object, prefix: str = "") -> None:
    """Set them by what a link says, before they are drawn."""
    if not isinstance(shown, Service):
        return
    values: Mapping[str, Value] = shown.model_dump() | {"noise": shown.noise or None}
    for name, value in values.items():
        if name != "minutes":
            st.session_state[_key(prefix, name)] = value is not None
        if value is not None:
            st.session_state[f"{_key(prefix, name)}-number"] = value


def said(shown: Service) -> str:
    """What is shown, in words; nothing where the model is open."""
    parts = []
    if shown.top is not None:
        parts.append("the top class only" if shown.top == 1 else f"the top {shown.top} classes only")
    if shown.decimals is not None:
        parts.append(f"{shown.decimals} decimal{'' if shown.decimals == 1 else 's'}")
    if shown.noise:
        parts.append(f"answers with noise of {shown.noise:g}")
    if shown.per_minute is not None:
        patience = "" if shown.minutes is None else f" for {shown.minutes:g} minutes"
        parts.append(f"{shown.per_minute:,} answers a minute{patience}")
    return ", ".join(parts)
