"""Fixtures of tests about models."""

import pytest

from tests.models import throwaway


@pytest.fixture
def shelf(tmp_path):
    """Puts a folder of networks into the catalogue for one test."""
    shown = []

    def show(folder=tmp_path):
        shown.append(throwaway.Shown(folder))
        return shown[-1]

    yield show
    for one in shown:
        one.hide()
