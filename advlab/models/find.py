"""A model's card from its name, whoever it comes from."""

import difflib

from advlab.errors import ModelError, ParameterError
from advlab.models import families, folder, own, timm_cards, torchvision_cards
from advlab.models.card import Card, broken, catalogue, registry


def card(name: str) -> Card:
    """The card of this name: of the catalogue, `timm:…` for any network of timm, `own:…` for an upload.

    Raises:
        ParameterError: there is none; the nearest names are suggested.
        ModelError: an upload that is no longer kept, or a card of ours with a mistake in it.
    """
    if name.startswith(timm_cards.PREFIX):
        return timm_cards.card(name)
    if name.startswith(own.PREFIX):
        return own.card(name)
    cards = catalogue()
    if name in registry.all() or name in cards:
        return cards[name]
    if name in broken:
        raise ModelError(broken[name])
    near = difflib.get_close_matches(name, cards, n=3)
    hint = f" Did you mean {' or '.join(f'“{other}”' for other in near)}?" if near else ""
    raise ParameterError(f"There is no model “{name}”.{hint} `python -m advlab models --all` lists what there is.")


def on_this_computer() -> dict[str, Card]:
    """The cards whose weights are here and need no network, in groups: what a menu shows first.

    Cheap: torchvision's list is not asked where no file could be one of its own.
    """
    found = {name: card for name, card in registry.all().items() if card.weights()}
    files = folder.names()
    if any(file.endswith(".pth") for file in files):
        published = torchvision_cards.cards()
        found.update((name, card) for name, card in published.items() if card.file in files and card.weights())
    found.update((card.name, card) for card in timm_cards.fetched(files))
    return families.ordered(found)


def twin(card: Card) -> Card | None:
    """The model to compare this one with, if its weights are here and it tells the same classes apart."""
    other = registry.all().get(card.twin) if card.twin else None
    if other is None or other.weights() is None or other.labels() != card.labels():
        return None
    return other
