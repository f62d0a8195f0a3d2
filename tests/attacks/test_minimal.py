"""Attacks that look for the smallest change: on linear networks the exact distance is known, box included."""

import pytest

import advlab
from tests.attacks.test_closed_form import closed

SIZE = (1, 7, 5)
# Name, norm and the parameters with which the attack is exact and cheap.
MINIMAL = [
    ("ddn", "l2", {"loss": "margin"}),
    ("fmn", "linf", {}),
    ("fmn", "l2", {}),
    ("fmn", "l1", {}),
    ("fmn", "l0", {}),
    ("sigma_zero", "l0", {}),
    ("cw_linf", "linf", {"initial_const": 0.1, "tightening": 0.98}),
    ("ead", "l1", {"steps": 60, "search_steps": 3, "initial_const": 10.0}),
]


@pytest.mark.parametrize("content, classes", [("interior", 2), ("anywhere", 10), ("saturated", 10)])
@pytest.mark.parametrize("name, norm, parameters", MINIMAL, ids=[f"{n}-{m}" for n, m, _ in MINIMAL])
def test_the_smallest_change_of_a_plane(name, norm, parameters, content, classes):
    """Within two percent, in L0 exactly as many pixels; and never less than is possible."""
    classifier, x, exact = closed(SIZE, classes, content, norm, count=4)
    r = advlab.attack(classifier, x, name, norm=norm, **parameters)
    assert r.success.all()
    ratio = r.distance.double() / exact
    assert float(ratio.min()) > 1 - 1e-4
    assert float(ratio.max()) < (1.02 if norm != "l0" else 1 + 1e-9)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
def test_short_steps_do_not_keep_fmn_from_the_boundary(norm):
    """Until the first success the iterate is on its ball's surface, which a masked gradient's steps never reach."""
    classifier, x, _ = closed(SIZE, 3, "interior", norm)
    assert advlab.attack(classifier, x, "fmn", norm=norm, steps=40, step_size=1e-6).success.all()
