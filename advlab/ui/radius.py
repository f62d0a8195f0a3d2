"""The slider for ε: where it begins and ends, for a norm, an attack and a model."""

from dataclasses import dataclass, replace

from advlab.core.attack import Access, Attack
from advlab.core.norms import Norm
from advlab.models import Card
from advlab.models.shipped import Shipped


@dataclass(frozen=True)
class Scale:
    """Limits, beginning and step of the slider, and how a value is written."""

    low: float
    high: float
    value: float
    step: float
    shown: str


# For L∞ people speak of n/255; for the others, of the size of the [0, 1] picture.
# Less than 1/255 cannot be saved in an 8-bit picture.
_USUAL = {
    Norm.LINF: Scale(1.0, 32.0, 2.0, 1.0, "%d/255"),
    Norm.L2: Scale(0.1, 10.0, 0.5, 0.1, "%.1f"),
    Norm.L1: Scale(1.0, 100.0, 12.0, 1.0, "%.0f"),
    Norm.L0: Scale(1.0, 300.0, 20.0, 1.0, "%.0f pixels"),
}
# Strokes on black are defended at 0.3, that is 76/255: the usual slider would not reach it.
_WIDE = 4


def key(norm: Norm, attack: type[Attack], card: Card | None) -> str:
    """Names the slider; models that were measured at an ε of their own have one of their own."""
    measured = _measured(norm, card)
    own = f"-{_begins(measured):g}" if measured else ""
    return f"eps-{norm}-{attack.access}{own}"


def scale(norm: Norm, attack: type[Attack], card: Card, wanted: float | None) -> Scale:
    """The slider; a link may have `wanted` what lies beyond or between the usual values."""
    usual, measured = _USUAL[norm], _measured(norm, card)
    if measured:
        begin = _begins(measured)
        usual = replace(usual, value=begin, high=usual.high * (1 if begin <= usual.high / 2 else _WIDE))
    elif attack.access is Access.SCORES:  # Square needs more room than attacks that see gradients
        usual = replace(usual, value=usual.value * 4)
    if wanted is None:
        return usual
    found = replace(usual, low=min(usual.low, wanted), high=max(usual.high, wanted))
    if abs(wanted / usual.step - round(wanted / usual.step)) <= 1e-6:
        return found
    return replace(found, step=usual.step / 100, shown=usual.shown.replace("%d", "%.2f").replace("%.1f", "%.3f"))


def _measured(norm: Norm, card: Card | None) -> Shipped | None:
    """What is written beside the model, if it was attacked in this norm."""
    shipped = card.shipped if card else None
    return shipped if shipped and shipped.norm is norm else None


def _begins(shipped: Shipped) -> float:
    """The ε of the model's card as the slider shows it, rounded down to a step."""
    if shipped.norm is Norm.LINF:
        return float(int(shipped.eps * 255 + 1e-6))
    return int(shipped.eps * 10 + 1e-6) / 10


def usual(card: Card) -> float:
    """An ε in L∞ to begin with: the one of the model's card, or the slider's."""
    measured = _measured(Norm.LINF, card)
    return measured.eps if measured else _USUAL[Norm.LINF].value / 255
