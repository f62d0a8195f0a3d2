"""Fixtures of tests of pages."""

from tests.models.throwaway import shelf

__all__ = ["shelf"]
