"""Text can be read in both themes: at least 4.5 to 1, computed from the colours that the pages use."""

import re
import tomllib

import pytest

from advlab.ui import charts
from tests.pages.harness import ROOT

LEAST = 4.5
THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
STYLES = {
    "style.css": (ROOT / "assets" / "style.css").read_text("utf-8"),
    "viewer.css": (ROOT / "advlab" / "ui" / "components" / "viewer.css").read_text("utf-8"),
    "report.css": (ROOT / "advlab" / "serving" / "exports" / "report" / "report.css").read_text("utf-8"),
}
COLOUR = r"#[0-9A-Fa-f]{6}|#[0-9A-Fa-f]{3}"


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    channels = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula() -> None:
    assert contrast("#000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#D55E00", "#FFFFFF") == pytest.approx(3.9, abs=0.1)
    assert contrast("#56B4E9", "#FFFFFF") == pytest.approx(2.3, abs=0.1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme(scheme: str) -> None:
    theme = THEMES[scheme]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        for ink in (theme["textColor"], theme["linkColor"]):
            assert contrast(ink, ground) >= LEAST, (ink, ground)


@pytest.mark.parametrize("name", ["style.css", "viewer.css"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_colours_of_the_styles(name: str, scheme: str) -> None:
    """Every `light-dark(…)` that is used for text, on both grounds of its theme."""
    place = ("light", "dark").index(scheme)
    text = STYLES[name]
    named = dict(re.findall(r"(--[\w-]+):\s*light-dark\(([^)]*)\)", text))
    inks = [pair.split(",")[place].strip() for key, pair in named.items() if key in TEXTS]
    inks += [pair.split(",")[place].strip() for pair in re.findall(r"[\s;{]color:\s*light-dark\(([^)]*)\)", text)]
    assert inks
    on_blue = {"#FFFFFF", "#0B1116"}  # on filled buttons: see the next test
    grounds = [THEMES[scheme]["backgroundColor"], THEMES[scheme]["secondaryBackgroundColor"]]
    for ink in set(inks) - on_blue:
        for ground in grounds:
            assert contrast(ink, ground) >= LEAST, (ink, ground)


TEXTS = {"--clean-text", "--adversarial-text", "--quiet"}


def test_filled_buttons() -> None:
    assert contrast("#FFFFFF", THEMES["light"]["primaryColor"]) >= LEAST
    assert contrast("#0B1116", THEMES["dark"]["primaryColor"]) >= LEAST


@pytest.mark.parametrize("name", ["style.css", "viewer.css"])
def test_labels_on_pictures(name: str) -> None:
    grounds = re.findall(rf"\.tag[^{{}}]*\{{[^{{}}]*background:\s*({COLOUR})", STYLES[name])
    assert len(grounds) >= 4
    for ground in grounds:
        assert contrast("#FFFFFF", ground) >= LEAST, ground


@pytest.mark.parametrize("dark", [False, True])
def test_charts(dark: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "_dark", lambda: dark)
    ground = THEMES["dark" if dark else "light"]["backgroundColor"]
    colors = charts._colors()
    assert contrast(colors["text"], ground) >= LEAST
    assert contrast(colors["quiet"], ground) >= LEAST
    for name in ("clean", "adversarial"):
        assert contrast(colors[name], ground) >= 3  # graphics
