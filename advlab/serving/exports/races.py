"""Links to what the page on black-box attacks shows: the terms are those of the Lab's links, attacks are parameters."""

from collections.abc import Mapping

from advlab import attacks
from advlab.core.attack import Access
from advlab.serving.blackbox.request import TransferRequest
from advlab.serving.blackbox.substitute import SubstituteRequest
from advlab.serving.compare.request import CompareRequest
from advlab.serving.exports import configured, copies, links, numbers, prefixed, transfers
from advlab.serving.exports.params import Params, shown
from advlab.serving.exports.prefixed import OwnLink

PREFIX = "b."
# Attacks against each other, a copy of the model, and pictures made on other models.
VIEWS = ("race", "substitute", "transfer")


def query(request: CompareRequest, price: float) -> dict[str, str]:
    """A race as parameters of a link; of each attack only what is not usual."""
    own = {name: configured.write(request.kind(name), parameters) for name, parameters in request.attacks.items()}
    own["price"] = numbers.write(price)
    whole = prefixed.compose(PREFIX, own, picture=request.picture, model=request.model, attack=None, beside=None)
    return whole | links.threat(request) | links.budget(request) | links.service(request.service)


def other(request: SubstituteRequest | TransferRequest, picture: str) -> dict[str, str]:
    """Another view's controls as parameters of a link, with the chosen picture."""
    copied = isinstance(request, SubstituteRequest)
    own = copies.query(request) if isinstance(request, SubstituteRequest) else transfers.query(request)
    own["view"] = VIEWS[1] if copied else VIEWS[2]
    return prefixed.compose(PREFIX, own, picture=picture, model=request.model, attack=None, beside=None)


def parse(params: Mapping[str, object]) -> OwnLink:
    """Read the parameters of a link; it never fails."""
    reading, terms = prefixed.split(PREFIX, params)
    shown_view = _view(reading)
    if shown_view == VIEWS[0]:
        _race(reading)
    else:
        (copies if shown_view == VIEWS[1] else transfers).take(reading)
    return prefixed.finish(PREFIX, reading, terms, word="word", thing="This page")


def _race(reading: Params) -> None:
    price = reading.take("price")
    if price is not None:
        value = numbers.read(price)
        if value is None or not 0 <= value <= 1e6:
            reading.problem(f"{PREFIX}price is a number from 0 on, not “{shown(price)}”; it is left out.")
        else:
            reading.values["price"] = float(value)
    blind = {name: kind for name, kind in attacks.general().items() if kind.access is not Access.GRADIENT}
    found = configured.take(reading, blind)
    if found:
        reading.values["attacks"] = found


def _view(reading: Params) -> str:
    """Which view: the first one where the link says none that there is."""
    text = reading.take("view")
    if text in VIEWS:
        reading.values["view"] = text
        return text
    if text is not None:
        reading.problem(f"There is no view “{shown(text)}” of black-box attacks; there are: {', '.join(VIEWS)}.")
    return VIEWS[0]
