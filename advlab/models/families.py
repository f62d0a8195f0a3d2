"""Models in the groups that people look for them in."""

from collections.abc import Iterable, Mapping

from advlab.models.card import Card

PHOTOS = "Everyday photos · ImageNet"
# Of our own networks, those that a lesson begins with; other families follow by name.
_FIRST = ("Traffic signs", "CIFAR-10", "Digits")


def grouped(cards: Iterable[Card]) -> dict[str, list[Card]]:
    """Cards by what their model tells apart: our own families first, each led by its undefended network and its twin.

    Cards that we did not make keep their order, after all of ours.
    """
    cards = list(cards)
    groups: dict[str, list[Card]] = {}
    for card in sorted((card for card in cards if card.shipped), key=_rank):
        groups.setdefault(card.family, []).append(card)
    for card in cards:
        if not card.shipped:
            groups.setdefault(PHOTOS, []).append(card)
    return groups


def ordered(cards: Mapping[str, Card]) -> dict[str, Card]:
    """The same cards, in the order of their groups."""
    return {card.name: card for group in grouped(cards.values()).values() for card in group}


def _rank(card: Card) -> tuple[object, ...]:
    """The undefended network of a family, then the others, the most robust first."""
    shipped = card.shipped
    if shipped is None:
        return ()
    place = _FIRST.index(card.family) if card.family in _FIRST else len(_FIRST)
    attacked = shipped.results.attacked
    return place, card.family, not shipped.standard, -attacked.share if attacked else 0.0, card.name
