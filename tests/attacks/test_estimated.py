"""NES and SPSA: what their probes say of the gradient, and how strong they are on planes."""

from types import SimpleNamespace

import pytest
import torch

import advlab
from advlab.core import losses
from advlab.core.estimation import estimate, normal, signs
from advlab.core.randomness import Noise
from advlab.core.replies import Reply
from tests.closed_form import distance
from tests.networks import Constant, Spy, linear, pictures, wrap

SIZE = (1, 4, 5)


def oracle(classifier, x, granted=lambda row: torch.ones_like(row, dtype=torch.bool)):
    """As much of an oracle as the estimator asks; it also keeps the questions."""
    asked = []

    def logits(images, row):
        asked.append((images, row))
        with torch.no_grad():
            said = classifier(images)
        return Reply(torch.where(granted(row).unsqueeze(1), said, torch.nan), granted(row))

    goal = advlab.Untargeted(classifier(x).argmax(1)).bind(len(x), len(classifier.labels), classifier(x).argmax(1))
    return SimpleNamespace(logits=logits, goal=goal, asked=asked)


def plane(x):
    classifier = linear(SIZE, 2, 1, dtype=torch.float64)
    own = classifier(x).argmax(1)
    weight = classifier.module.weight.detach()
    return classifier, (weight[1 - own] - weight[own]).reshape(x.shape)


@pytest.mark.parametrize("content", ["inside", "walls"])
@pytest.mark.parametrize("kind", [normal, signs])
def test_many_pairs_find_the_gradient_of_a_plane(kind, content):
    """Also where values are at a wall, and only one of the two probes can leave it."""
    x = pictures(2, SIZE, 3, low=0.2, high=0.8, dtype=torch.float64)
    x = x if content == "inside" else x.round()
    classifier, exact = plane(x)
    o = oracle(classifier, x)
    found = estimate(o, x, kind(Noise.of(0, x), SIZE), pairs=6000, length=0.001, loss=losses.margin)
    torch.testing.assert_close(found.gradient / 6000, exact, rtol=0, atol=0.12 * float(exact.abs().max()))
    torch.testing.assert_close(found.value, o.goal.margin(classifier(x)))
    assert len(o.asked) == 1, "one question"
    assert all(0 <= float(images.min()) <= float(images.max()) <= 1 for images, _ in o.asked)


def test_a_value_alone_is_exact():
    """ZOO's directions: the difference quotient of a plane is its slope, at a wall too."""
    x = pictures(1, SIZE, 3, dtype=torch.float64).round()
    classifier, exact = plane(x)
    each = torch.eye(20, dtype=torch.float64).reshape(1, 20, *SIZE)
    found = estimate(
        oracle(classifier, x), x, lambda first, count: each[:, first : first + count], pairs=20, length=1e-4,
        loss=losses.margin,
    )  # fmt: skip
    torch.testing.assert_close(found.gradient, exact)


def test_pairs_that_are_not_answered_say_nothing():
    x = pictures(2, SIZE, 3, dtype=torch.float64)
    classifier, _ = plane(x)
    o = oracle(classifier, x, granted=lambda row: row == 0)
    found = estimate(o, x, signs(Noise.of(0, x), SIZE), pairs=3, length=0.01, loss=losses.margin)
    assert found.value.isnan().tolist() == [False, True]
    assert found.gradient[0].abs().min() >= 0
    assert found.gradient[1].abs().max() == 0
    assert found.gradient[0].abs().max() > 0


def test_a_large_picture_is_asked_about_in_parts(monkeypatch):
    """The same pairs, whatever fits the memory."""
    x = pictures(2, SIZE, 3, dtype=torch.float64)
    classifier, _ = plane(x)
    at_once = estimate(oracle(classifier, x), x, normal(Noise.of(0, x), SIZE), pairs=7, length=0.01, loss=losses.margin)
    monkeypatch.setattr("advlab.core.estimation._MOST_VALUES", 130)
    o = oracle(classifier, x)
    parts = estimate(o, x, normal(Noise.of(0, x), SIZE), pairs=7, length=0.01, loss=losses.margin)
    assert [len(images) for images, _ in o.asked] == [14, 12, 4]
    torch.testing.assert_close(parts.gradient, at_once.gradient)


@pytest.mark.parametrize(
    "name, norm, options",
    [
        ("nes", "linf", {"steps": 30, "samples": 20}), ("nes", "l2", {"steps": 30, "samples": 20}),
        ("spsa", "linf", {"steps": 25, "samples": 40, "step_size": 0.03}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("content", ["inside", "walls"])
def test_they_reach_a_plane(name, norm, options, content):
    x = pictures(5, SIZE, 4, low=0.3, high=0.7)
    x = x if content == "inside" else x.round()
    classifier = linear(SIZE, 2, 1)
    eps = distance(classifier, x, norm).float()
    assert advlab.attack(classifier, x, name, norm=norm, eps=eps * 1.3, **options).success.all()
    assert not advlab.attack(classifier, x, name, norm=norm, eps=eps * 0.98, **options).success.any()


@pytest.mark.parametrize("name", ["nes", "spsa"])
def test_a_step_is_its_probes_and_the_iterate(name):
    """All of them in one question, for all images; the last iterate is judged too."""
    spy = Spy(Constant([1.0, 0.0]))
    asked = spy.remember()
    r = advlab.attack(
        wrap(spy, 2, SIZE), pictures(3, SIZE), name, norm="linf", eps=0.1, steps=4, samples=6, early_stop=False
    )
    assert r.queries.tolist() == [4 * 7 + 1] * 3
    assert [len(images) for images in asked[1:6]] == [3 * 7] * 4 + [3]


def test_a_flat_network_halves_the_steps_of_nes_and_moves_nothing():
    x = pictures(2, SIZE)
    r = advlab.attack(wrap(Constant([1.0, 0.0]), 2, SIZE), x, "nes", norm="linf", eps=0.1, steps=12, samples=4)
    assert not r.success.any()
    assert r.adversarial.isfinite().all()
