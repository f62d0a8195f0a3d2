"""Strength: on linear networks the exact distance is known, box included. A useless attack fails here."""

import pytest
import torch

import advlab
from tests.closed_form import distance
from tests.networks import linear, pictures

SIZE = (1, 7, 5)
IMAGES = {
    "interior": lambda n, size: pictures(n, size, 3, low=0.4, high=0.6),
    "anywhere": lambda n, size: pictures(n, size, 3),
    "saturated": lambda n, size: pictures(n, size, 3).round(),
}
images = pytest.mark.parametrize("content", list(IMAGES))


def closed(size, classes, content, norm, *, count=6, seed=1, **options):
    classifier = linear(size, classes, seed, **options)
    x = IMAGES[content](count, size).to(classifier.dtype)
    return classifier, x, distance(classifier, x, norm)


def test_the_closed_form_itself():
    """A plane through two pixels: |1·a + 3·b| by hand, without and with a wall in the way."""
    classifier = linear((1, 1, 2), 2)
    with torch.no_grad():
        classifier.module.weight.copy_(torch.tensor([[0.0, 0.0], [1.0, 3.0]]))
        classifier.module.bias.copy_(torch.tensor([0.0, -2.4]))
    x = torch.tensor([0.4, 0.4, 0.5, 1.0]).reshape(2, 1, 1, 2)
    # (0.4, 0.4): needs 0.8 more; L∞ 0.8/4, L2 0.8/sqrt(10). (0.5, 1.0): 1.1 less: L∞ 1.1/4, L2 1.1/sqrt(10).
    assert distance(classifier, x, "linf").tolist() == pytest.approx([0.2, 0.275])
    assert distance(classifier, x, "l2").tolist() == pytest.approx([0.8 / 10**0.5, 1.1 / 10**0.5])
    assert distance(classifier, x, "l1").tolist() == pytest.approx([0.8 / 3, 1.1 / 3])
    # (0.0, 0.9) does not reach x0 + 3·x1 = 3.2 by x1 alone, which is up at 1 after 0.1.
    with torch.no_grad():
        classifier.module.bias.copy_(torch.tensor([0.0, -3.2]))
    wall = torch.tensor([[[[0.0, 0.9]]]])
    assert distance(classifier, wall, "linf").tolist() == pytest.approx([0.2])
    assert distance(classifier, wall, "l2").tolist() == pytest.approx([(0.2**2 + 0.1**2) ** 0.5])
    assert distance(classifier, wall, "l1").tolist() == pytest.approx([0.1 + 0.2])
    # In L0: (0.5, 0.8) is 1.0 short of 3.9, and both have 1.1 of room together; (0, 0.99) needs x0 alone.
    with torch.no_grad():
        classifier.module.bias.copy_(torch.tensor([0.0, -3.9]))
    assert distance(classifier, torch.tensor([[[[0.5, 0.8]]], [[[0.0, 0.99]]]]), "l0").tolist() == [2.0, 1.0]


def fools_at(name, norm, content, share, dtype=torch.float32, **parameters):
    """Which of six images a two-class plane loses at `share` of their exact distance."""
    classifier, x, exact = closed(SIZE, 2, content, norm, dtype=dtype)
    eps = (exact * share).to(dtype)
    r = advlab.attack(classifier, x, name, norm=norm, eps=eps, **parameters)
    assert (eps <= 1).all() or norm != "linf"
    return r.success


@images
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_fgsm_is_exact_in_linf(content, dtype):
    """One step to the corner is optimal for a plane, also where the box cuts the corner off."""
    assert fools_at("fgsm", "linf", content, 1.001, dtype).all()
    assert not fools_at("fgsm", "linf", content, 0.999, dtype).any()


def test_fgsm_is_exact_in_l2_inside_the_box():
    assert fools_at("fgsm", "l2", "interior", 1.001).all()
    assert not fools_at("fgsm", "l2", "interior", 0.999).any()


@images
def test_fgsm_is_exact_in_l1(content):
    """The steepest values to their walls, one after the other: nothing of the radius is lost at the box."""
    assert fools_at("fgsm", "l1", content, 1.001).all()
    assert not fools_at("fgsm", "l1", content, 0.999).any()


def test_fgsm_in_l1_spreads_over_a_hundredth_of_the_values():
    """All of a small radius in one value of many is no small change to a deep network."""
    classifier, x, _ = closed((3, 20, 20), 2, "interior", "l1")
    seen = []
    classifier.module.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    advlab.attack(classifier, x, "fgsm", norm="l1", eps=0.3)
    change = next(shown for shown in seen if not torch.equal(shown, x)) - x
    assert change.flatten(1).abs().sum(1).tolist() == pytest.approx([0.3] * len(x), rel=1e-3)
    assert (change != 0).flatten(1).sum(1).tolist() == [12] * len(x)
    assert float(change.abs().max()) == pytest.approx(0.3 / 12, rel=1e-3)


@images
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
@pytest.mark.parametrize("random_start", [True, False])
def test_pgd_finds_the_plane(content, norm, random_start):
    options = {"random_start": random_start, "steps": 100}
    if norm != "l2" or content == "interior":
        assert fools_at("pgd", norm, content, 1.05, **options).all()
    else:  # ball then box is no projection onto both: a few percent are lost at the walls
        assert fools_at("pgd", norm, content, 1.15, **options).all()
    assert not fools_at("pgd", norm, content, 0.97, **options).any()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_pgd_with_one_step_is_as_strong_as_fgsm(norm):
    """The one iterate after the last gradient is judged too."""
    assert fools_at("pgd", norm, "interior", 1.001, steps=1, random_start=False, step_size=10.0).all()


def cw_ratio(content, classes, shift=0.0, count=4, **parameters):
    """How much longer than the exact distance C&W's perturbations are."""
    classifier, x, exact = closed(SIZE, classes, content, "l2", count=count, shift=shift)
    with torch.no_grad():
        assert shift == 0 or (classifier(x) < 0).all()
    r = advlab.attack(classifier, x, "cw", **parameters)
    assert r.success.all()
    ratio = r.norms["l2"].double() / exact
    assert ratio.min() > 1 - 1e-4
    return float(ratio.max())


def test_cw_is_within_two_percent():
    """With its defaults: ten classes, all logits negative."""
    assert cw_ratio("anywhere", 10, -50.0) < 1.02


@pytest.mark.parametrize("content, shift", [("interior", 0.0), ("anywhere", -50.0), ("saturated", 0.0)])
def test_cw_with_few_steps_is_close(content, shift):
    assert cw_ratio(content, 2, shift, steps=200, search_steps=6, initial_const=1.0) < 1.02


@images
@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_hopskipjump_with_few_queries(content, norm):
    classifier, x, exact = closed(SIZE, 2, content, norm, count=6)
    r = advlab.attack(classifier, x, "hopskipjump", norm=norm, max_queries=2000)
    assert r.success.all()
    ratio = r.norms[norm].double() / exact
    assert ratio.max() < (1.05 if norm == "l2" else 1.15)
    assert ratio.min() > 1 - 1e-3


@pytest.mark.parametrize("size, limit", [((1, 28, 28), 1.10), pytest.param((3, 32, 32), 1.30, marks=pytest.mark.slow)])
def test_hopskipjump_reaches_the_plane(size, limit):
    classifier, x, exact = closed(size, 2, "interior", "l2", count=4)
    r = advlab.attack(classifier, x, "hopskipjump", max_queries=10_000)
    assert r.success.all()
    ratio = r.norms["l2"].double() / exact
    assert ratio.max() < limit
    assert ratio.min() > 1 - 1e-3


@pytest.mark.parametrize("norm, share", [("linf", 2.0), ("l2", 2.5), ("l1", 3.0)])
@pytest.mark.parametrize(
    "content, targeted", [("interior", False), ("anywhere", False), ("saturated", False), ("anywhere", True)]
)
def test_square_breaks_what_it_should(content, norm, share, targeted):
    """At a comfortable radius a plane falls to random search; below the distance never."""
    classifier, x, exact = closed(SIZE, 2, content, norm)
    with torch.no_grad():
        goal = advlab.Targeted(1 - classifier(x).argmax(1)) if targeted else None
    options = {"norm": norm, "goal": goal, "share": 0.3}
    assert advlab.attack(classifier, x, "square", eps=exact.float() * share, steps=400, **options).success.all()
    assert not advlab.attack(classifier, x, "square", eps=exact.float() * 0.99, steps=60, **options).success.any()


@pytest.mark.parametrize("name", ["pgd", "cw", "fgsm", "square", "hopskipjump"])
def test_targets_of_a_plane_with_four_classes(name):
    """The target is the class that was asked for, not the nearest one."""
    classifier, x = linear(SIZE, 4, 2), IMAGES["interior"](6, SIZE)
    with torch.no_grad():
        least = classifier(x).argmin(1)
    minimal = name in ("cw", "hopskipjump")
    options = {"cw": {"steps": 100, "search_steps": 4, "initial_const": 1.0}, "square": {"steps": 1500}}.get(name, {})
    budget = {"hopskipjump": 1000}.get(name)
    eps = None if minimal else 0.4
    r = advlab.attack(
        classifier, x, name, goal=advlab.Targeted(least), eps=eps, early_stop=False, max_queries=budget, **options
    )
    assert r.success.sum() >= 5
    assert torch.equal(r.label_after[r.success], least[r.success])
