"""Attacks that linearise the network: on planes they are exact, box included; and what is theirs alone."""

import pytest
import torch

import advlab
from tests.attacks.test_closed_form import SIZE, closed
from tests.networks import conv, linear, pictures, wrap

PLANES = [
    *(("deepfool", norm, {}) for norm in ("linf", "l2")),
    *(("jsma", "l0", {"pixels": pixels}) for pixels in (1, 2, 5)),
    *(("fab", norm, {"steps": 6}) for norm in ("linf", "l2", "l1")),
    *(("fab", norm, {"steps": 5, "targets": 9}) for norm in ("linf", "l1")),
]


def named(case):
    return "-".join([case[0], case[1], *(f"{key}{value}" for key, value in case[2].items())])


@pytest.mark.parametrize("case", PLANES, ids=named)
@pytest.mark.parametrize("content", ["interior", "anywhere", "saturated"])
@pytest.mark.parametrize("classes", [2, 10])
def test_planes_are_exact(case, content, classes):
    """Nearest of nine planes included; in L0 to the pixel."""
    name, norm, parameters = case
    classifier, x, exact = closed(SIZE, classes, content, norm)
    r = advlab.attack(classifier, x, name, norm=norm, **parameters)
    assert r.success.all()
    ratio = r.norms[norm].double() / exact
    assert ratio.max() < (1.02 if norm != "l0" else 1.0001)
    assert ratio.min() > 1 - 1e-4


@pytest.mark.parametrize("case", PLANES[:8], ids=named)
def test_a_target_is_the_class_that_was_asked_for(case):
    name, norm, parameters = case
    classifier, x = linear(SIZE, 4, 2), pictures(6, SIZE, 3, low=0.4, high=0.6)
    with torch.no_grad():
        least = classifier(x).argmin(1)
    r = advlab.attack(classifier, x, name, norm=norm, goal=advlab.Targeted(least), **{**parameters, "steps": 30})
    assert r.success.all()
    assert torch.equal(r.label_after, least)


SMALL = (3, 6, 5)


def small(count):
    return wrap(conv(SMALL, dtype=torch.float64), 4, SMALL), pictures(count, SMALL, dtype=torch.float64)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_random_starts_of_fab_help_and_belong_to_the_picture(norm):
    """More starts are never worse, and an image's are the same in whichever batch it is, with a radius and without."""
    classifier, x = small(4)
    options = {"norm": norm, "steps": 3, "targets": 2}
    one = advlab.attack(classifier, x, "fab", **options)
    for eps in (None, float(one.distance.median())):
        more = advlab.attack(classifier, x, "fab", restarts=3, eps=eps, **options)
        assert (more.norms[norm] <= one.norms[norm] * (1 + 1e-4)).all()
        alone = advlab.attack(classifier, x[[2]], "fab", restarts=3, eps=eps, **options)
        torch.testing.assert_close(alone.adversarial[0], more.adversarial[2], rtol=0, atol=1e-9)


def test_random_starts_of_fab_are_inside_the_radius_and_the_best():
    """Half of whichever is smaller; each class has as many starts as it was given."""
    classifier, x = small(3)
    spy = classifier.module
    asked = []
    handle = spy.register_forward_hook(lambda module, given, said: asked.append(given[0].detach().clone()))
    eps = 0.02
    r = advlab.attack(classifier, x, "fab", norm="linf", steps=2, restarts=2, targets=3, eps=eps)
    handle.remove()
    # The verifier's look, the likeliest classes, then two questions a step.
    starts = asked[2::4][:6]
    away = [float((start - x).abs().max()) for start in starts]
    assert away[0] == away[2] == away[4] == 0
    assert all(0 < far <= eps / 2 for far in away[1::2])
    assert (r.queries >= 1 + 2 * 2 * 2 * 3).all()


def test_fab_has_fewer_targets_where_there_are_fewer_classes():
    classifier, x = small(3)
    all_of_them = advlab.attack(classifier, x, "fab", norm="l2", steps=3, targets=3)
    more = advlab.attack(classifier, x, "fab", norm="l2", steps=3, targets=9)
    assert torch.equal(all_of_them.adversarial, more.adversarial)
    assert torch.equal(all_of_them.queries, more.queries)
