"""The smallest radius: against the exact distance on planes, honestly counted, stopped and watched."""

import math

import pytest
import torch

import advlab
from advlab import attacks
from advlab.core.norms import Norm
from advlab.errors import InputError, ThreatError
from advlab.evaluation.smallest import Smallest, smallest_radius
from tests.closed_form import distance
from tests.networks import Constant, Spy, linear, pictures, wrap

SIZE = (1, 6, 5)


def made(name: str, **parameters: object):
    return attacks.registry.get(name).configured(parameters)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("first", [None, 1e-3, 0.5])
def test_pgd_comes_within_two_percent_of_the_plane(norm: str, first: float | None) -> None:
    """From below, from far above, and from where nobody said."""
    classifier, image = linear(SIZE, 2, 4), pictures(1, SIZE, low=0.3, high=0.7)
    exact = float(distance(classifier, image, norm)[0])
    found = smallest_radius(classifier, image, made("pgd"), norm=Norm(norm), first=first, tolerance=0.01)
    assert exact * (1 - 1e-4) < found.radius < 1.02 * exact
    assert found.held < found.radius <= 1.011 * found.held
    assert not found.stopped
    with torch.no_grad():
        assert classifier(found.adversarial).argmax() != classifier(image).argmax()


@pytest.mark.parametrize("name, norm", [("cw", "l2"), ("hopskipjump", "linf")])
def test_who_minimises_is_run_once(name: str, norm: str) -> None:
    classifier, image = linear(SIZE, 2, 1), pictures(1, SIZE, low=0.3, high=0.7)
    options = {"steps": 100, "search_steps": 4, "initial_const": 1.0} if name == "cw" else {}
    found = smallest_radius(classifier, image, made(name, **options), norm=Norm(norm), max_queries=2000)
    assert found.tries == 1
    assert found.held == 0
    assert found.radius == pytest.approx(float(distance(classifier, image, norm)[0]), rel=0.15)


@pytest.mark.parametrize("name", ["pgd", "square", "cw"])
def test_every_question_is_counted(name: str) -> None:
    plane = linear(SIZE, 3, 2)
    spy = Spy(plane.module)
    options = {"cw": {"steps": 20, "search_steps": 2, "initial_const": 1.0}}.get(name, {"steps": 15})
    found = smallest_radius(wrap(spy, 3, SIZE), pictures(1, SIZE), made(name, **options), norm=Norm.L2)
    assert math.isfinite(found.radius)
    assert spy.forward_images == found.queries + found.verifications
    assert spy.backward_images == found.gradients


def test_a_success_smaller_than_its_radius_lowers_the_bound() -> None:
    """Allowed half of everything, FGSM leaps far too far: what it found is followed back before the next try."""
    classifier, image = linear(SIZE, 2, 3), pictures(1, SIZE, low=0.4, high=0.6)
    exact = float(distance(classifier, image, "linf")[0])
    found = smallest_radius(classifier, image, made("fgsm"), norm=Norm.LINF, first=0.5)
    assert found.radius == pytest.approx(exact, rel=0.02)
    assert found.tries <= 5, "one leap, then below what is known already"


def test_what_never_falls_is_infinite_and_what_is_wrong_already_needs_nothing() -> None:
    image = pictures(1, SIZE)
    steady = wrap(Constant([1.0, 0.0]), 2, SIZE)
    found = smallest_radius(steady, image, made("fgsm"), norm=Norm.LINF)
    assert math.isinf(found.radius)
    assert found.held == pytest.approx(float(torch.maximum(image, 1 - image).max()))
    wrong = smallest_radius(steady, image, made("fgsm"), norm=Norm.LINF, goal=advlab.Untargeted(1))
    assert wrong.already
    assert (wrong.radius, wrong.queries) == (0.0, 0)


def test_stop_is_heard_and_progress_is_told() -> None:
    classifier, image = linear(SIZE, 3, 4), pictures(1, SIZE, low=0.3, high=0.7)
    attack = made("pgd", steps=6)
    said: list[Smallest] = []
    whole = smallest_radius(classifier, image, attack, norm=Norm.L2, progress=said.append)
    assert said[-1] == whole
    assert [one.fraction for one in said] == sorted(one.fraction for one in said)
    assert max(one.tries for one in said) == whole.tries > 2
    early = smallest_radius(
        classifier, image, attack, norm=Norm.L2, progress=(heard := []).append,
        should_stop=lambda: bool(heard) and heard[-1].tries > 0,
    )  # fmt: skip
    assert early.stopped
    assert early.tries < whole.tries
    assert early.queries < whole.queries


def test_what_is_impossible_is_a_sentence() -> None:
    classifier = linear(SIZE, 2)
    with pytest.raises(InputError, match="one picture, not for 2"):
        smallest_radius(classifier, pictures(2, SIZE), made("pgd"), norm=Norm.L2)
    with pytest.raises(ThreatError, match="not in L∞"):
        smallest_radius(classifier, pictures(1, SIZE), made("cw"), norm=Norm.LINF)
