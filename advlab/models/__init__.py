"""The catalogue of models, and the cache that all sessions share."""

from advlab.models.cache import ModelCache, best_device
from advlab.models.card import Card, card, catalogue

cache = ModelCache()
load = cache.load

__all__ = ["Card", "ModelCache", "best_device", "cache", "card", "catalogue", "load"]
