"""The catalogue of models, and the cache that all sessions share."""

from advlab.models.cache import ModelCache
from advlab.models.card import Card, catalogue

cache = ModelCache()
load = cache.load

__all__ = ["Card", "ModelCache", "cache", "catalogue", "load"]
