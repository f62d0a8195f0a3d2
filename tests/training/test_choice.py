"""Which epoch is kept."""

import pytest

from advlab.training.choice import replaces
from advlab.training.method import Epoch, Select


def kept(pairs, select=Select.ROBUST, tolerance=0.0):
    """The number of the epoch that is kept at the end; pairs of clean and robust accuracy."""
    epochs, chosen = [], 0
    for number, (clean, robust) in enumerate(pairs, start=1):
        epochs.append(Epoch(number, 1.0, 0.5, clean, robust, 0.1, 1.0))
        if replaces(epochs, chosen, select, tolerance):
            chosen = number
    return chosen


NONE = float("nan")


@pytest.mark.parametrize(
    ("pairs", "select", "tolerance", "expected"),
    [
        ([(0.6, 0.3), (0.7, 0.35), (0.8, 0.34)], Select.ROBUST, 0.0, 2),
        ([(0.6, 0.3), (0.7, 0.35), (0.8, 0.34)], Select.ROBUST, 0.02, 3),
        ([(0.6, 0.3), (0.7, 0.35), (0.8, 0.32)], Select.ROBUST, 0.02, 2),
        ([(0.8, 0.30), (0.7, 0.31)], Select.ROBUST, 0.02, 1),  # as robust, and more accurate
        ([(0.8, 0.30), (0.7, 0.33)], Select.ROBUST, 0.02, 2),
        ([(0.8, 0.30), (0.7, 0.31), (0.6, 0.325)], Select.ROBUST, 0.02, 3),  # the first is too far behind by now
        ([(0.8, 0.3), (0.7, 0.3)], Select.ROBUST, 0.0, 2),
        ([(0.6, 0.3), (0.8, 0.0), (0.7, 0.4)], Select.CLEAN, 0.0, 2),
        ([(0.6, 0.3), (0.5, 0.2)], Select.LAST, 0.0, 2),
        ([(0.6, NONE), (0.5, NONE)], Select.ROBUST, 0.0, 2),
        ([(NONE, NONE), (NONE, NONE)], Select.CLEAN, 0.0, 2),
    ],
)
def test_the_epoch_that_is_kept(pairs, select, tolerance, expected):
    assert kept(pairs, select, tolerance) == expected
