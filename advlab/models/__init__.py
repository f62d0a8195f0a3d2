"""The catalogue of models, the weights of your own, and the cache that all sessions share."""

from advlab.models.architectures import names as architectures_of
from advlab.models.cache import Loaded, ModelCache, best_device
from advlab.models.card import Card, catalogue
from advlab.models.card import broken as broken_cards
from advlab.models.download import StoppedError, download
from advlab.models.families import grouped
from advlab.models.fetching import fetch
from advlab.models.find import card, on_this_computer, twin
from advlab.models.labels import read_labels
from advlab.models.own import MAX_WEIGHTS_BYTES, PREFIX, add_own
from advlab.models.own import forget as _forget
from advlab.models.own_proposal import HEAD as HEAD_BYTES
from advlab.models.own_proposal import proposal
from advlab.models.own_settings import Settings
from advlab.models.preflight import Check, preflight
from advlab.models.timm_cards import names as timm_names

cache = ModelCache()
load = cache.load


def forget(name: str) -> None:
    """Delete weights that were added with `add_own`, and unload the model; of other models nothing is forgotten."""
    if name.startswith(PREFIX):
        _forget(name)
        cache.unload(name)


__all__ = [
    "HEAD_BYTES",
    "MAX_WEIGHTS_BYTES",
    "Card",
    "Check",
    "Loaded",
    "ModelCache",
    "Settings",
    "StoppedError",
    "add_own",
    "architectures_of",
    "best_device",
    "broken_cards",
    "cache",
    "card",
    "catalogue",
    "download",
    "fetch",
    "forget",
    "grouped",
    "load",
    "on_this_computer",
    "preflight",
    "proposal",
    "read_labels",
    "timm_names",
    "twin",
]
