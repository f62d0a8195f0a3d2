"""What every report is written on: one HTML file that loads nothing, in light, in dark and on paper."""

import base64
import hashlib
from pathlib import Path

from advlab.serving.exports.report.text import safe

_FOLDER = Path(__file__).parent


def sheet(main: str, *, title: str, kind: str, subject: str, script: str = "") -> str:
    """The whole file.

    Args:
        main: its sections, as HTML.
        title: of the window.
        kind: what sort of report it is.
        subject: what it is about, on one line.
        script: the only code that may run in it: the name of a file beside this one.
    """
    style, code = (_read("report.css"), _read(script) if script else "")
    running = f"<script>{code}</script>\n" if code else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(code)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{safe(title)} · AdvLab</title>
<style>{style}</style>
</head>
<body>
<header><p class="brand">AdvLab · {safe(kind)}</p><p class="subject">{safe(subject)}</p></header>
<main>
{main}
</main>
{running}</body>
</html>
"""


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _policy(code: str) -> str:
    """Nothing is loaded, and only our own script runs, if there is one."""
    allowed = ["default-src 'none'", "img-src data:", "style-src 'unsafe-inline'"]
    if code:
        allowed.append(f"script-src 'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'")
    return "; ".join((*allowed, "base-uri 'none'", "form-action 'none'"))


def verdict(sentence: str, detail: str, kind: str = "") -> str:
    """What it comes to, in the largest letters."""
    return f'<section class="verdict {kind}"><h1>{safe(sentence)}</h1><p>{safe(detail)}</p></section>'


def rows(head: tuple[str, ...], body: list[str]) -> str:
    """A table; `body` holds its rows as HTML."""
    names = "".join(f'<th scope="col">{safe(name)}</th>' for name in head)
    return f'<table class="rows"><thead><tr>{names}</tr></thead><tbody>{"".join(body)}</tbody></table>'
