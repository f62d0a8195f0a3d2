"""Fixtures of tests about models."""

from tests.models.throwaway import shelf

__all__ = ["shelf"]
