"""Strangers' text in HTML: class names and file names may hold anything."""

from collections.abc import Mapping
from html import escape


def safe(text: object) -> str:
    """Text for an element or a quoted attribute."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in str(text)))


def short(text: str, most: int) -> str:
    """Not longer than this."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def facts(rows: Mapping[str, str], kind: str) -> str:
    """Names and values."""
    cells = "".join(f"<div><dt>{safe(name)}</dt><dd>{safe(value)}</dd></div>" for name, value in rows.items())
    return f'<dl class="{kind}">{cells}</dl>'
