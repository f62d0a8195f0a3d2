"""Wilson's interval, against its definition and the usual examples."""

import math

import pytest

from advlab.core.intervals import wilson


@pytest.mark.parametrize(
    ("correct", "of", "low", "high"),
    [(0, 10, 0.0, 0.27753), (10, 10, 0.72247, 1.0), (5, 10, 0.23659, 0.76341), (81, 263, 0.2553, 0.3662)],
)
def test_known_values(correct, of, low, high):
    """The last one is Newcombe's example (Statistics in Medicine, 1998)."""
    assert wilson(correct, of) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(("correct", "of"), [(3, 7), (499, 500), (1, 1000)])
def test_the_ends_are_where_the_count_is_just_as_far_as_is_allowed(correct, of):
    """At each end `e` the observed rate is z standard errors of `e` away: what defines the interval."""
    for end in wilson(correct, of):
        assert abs(correct / of - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / of), rel=1e-5)


@pytest.mark.parametrize("of", [1, 10, 500, 1000, 1001, 4000])
def test_the_rate_is_never_outside(of):
    assert wilson(0, of)[0] == 0
    assert wilson(of, of)[1] == 1
    assert all(low <= correct / of <= high for correct in range(of + 1) for low, high in [wilson(correct, of)])


def test_more_confidence_is_a_wider_interval():
    inner, outer = wilson(30, 100, 0.9), wilson(30, 100, 0.99)
    assert outer[0] < inner[0] < 0.3 < inner[1] < outer[1]


@pytest.mark.parametrize(("correct", "of", "confidence"), [(-1, 5, 0.9), (6, 5, 0.9), (0, 0, 0.9), (1, 2, 1.0)])
def test_impossible_counts(correct, of, confidence):
    with pytest.raises(ValueError, match="no rate"):
        wilson(correct, of, confidence)
