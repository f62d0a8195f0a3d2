import math
from dataclasses import replace
from fractions import Fraction
from statistics import NormalDist

import pytest
import torch

from advlab import Execution
from advlab.core.binomial import lower_bound
from advlab.core.smoothing import Certificate, Smoothing, certified_at, certify
from advlab.errors import InputError, ParameterError
from advlab.evaluation.certified import certified_accuracy
from advlab.evaluation.running import Running
from tests import networks
from tests.evaluation.sets import SIZE, answered

QUICK = Smoothing(sigma=0.25, draws=600, selection=30, alpha=0.01, seed=3)


@pytest.fixture
def classifier():
    return networks.wrap(networks.conv(SIZE, classes=3), 3, SIZE)


# By hand: P(X >= n) = pⁿ = α gives p = α^(1/n), and P(X >= 1) = 1 - (1 - p)ⁿ = α gives p = 1 - (1 - α)^(1/n).
@pytest.mark.parametrize(
    ("successes", "draws", "alpha", "expected"),
    [
        (100, 100, 0.001, 0.001**0.01),
        (10_000, 10_000, 0.001, 0.001**0.0001),
        (1, 10, 0.05, 1 - 0.95**0.1),
        (2, 2, 0.25, 0.5),
        (0, 10, 0.05, 0.0),
        # P(X >= 2 of 3) = 3p² - 2p³ = 1/2 at p = 1/2; = 5/32 at p = 1/4.
        (2, 3, 0.5, 0.5),
        (2, 3, 5 / 32, 0.25),
    ],
)
def test_the_bound_by_hand(successes, draws, alpha, expected):
    assert lower_bound(successes, draws, alpha) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("successes", "draws", "alpha"), [(57, 60, 0.001), (31, 60, 0.05), (5, 60, 0.01)])
def test_at_the_bound_so_many_successes_have_just_this_chance(successes, draws, alpha):
    p = Fraction(lower_bound(successes, draws, alpha))
    chance = sum(math.comb(draws, k) * p**k * (1 - p) ** (draws - k) for k in range(successes, draws + 1))
    assert float(chance) == pytest.approx(alpha, rel=1e-9)


def test_radii_of_the_paper():
    """Nine of nine prove nothing at α = 0.001; a hundred thousand of as many prove about 3.8 σ."""
    assert Smoothing(draws=9, alpha=0.001).radius(9) == 0
    assert Smoothing(sigma=1, draws=100_000).radius(100_000) == pytest.approx(3.8115, abs=1e-4)
    assert Smoothing(sigma=0.5, draws=100_000).radius(100_000) == pytest.approx(3.8115 / 2, abs=1e-4)


@pytest.mark.parametrize("radius", [0.0, 0.01, 0.1, 0.25, 0.5, 0.7, 5.0])
def test_the_number_needed_is_the_smallest_that_certifies(radius):
    needed = QUICK.needed(radius)
    enough = [k for k in range(QUICK.draws + 1) if QUICK.radius(k) >= radius and QUICK.radius(k) > 0]
    assert needed == (enough[0] if enough else QUICK.draws + 1)


def exact_probability(classifier, image, sigma):
    """Of class 1 under noise, for a linear network of two classes, from the distance to its boundary."""
    module = classifier.module
    weight, bias = module.weight[1] - module.weight[0], module.bias[1] - module.bias[0]
    distance = float((weight @ image.flatten() + bias) / weight.norm())
    return NormalDist().cdf(distance / sigma), abs(distance)


def test_on_a_linear_network_the_radius_is_below_the_distance_and_near_it():
    classifier = networks.linear(SIZE, classes=2)
    data = answered(classifier, 30)
    smoothing = Smoothing(sigma=0.25, draws=4000, alpha=0.001)
    answers = 0
    for image in data.floats(slice(None)):
        found = certify(classifier, image, smoothing)
        probability, distance = exact_probability(classifier, image, 0.25)
        away = min(abs(found.successes - 4000 * p) for p in (probability, 1 - probability))
        assert away < 5 * math.sqrt(4000 / 4)
        if found.label is None:
            assert distance < 0.05
            continue
        answers += 1
        assert found.label == int(probability > 0.5)
        assert found.radius <= distance  # the certificate holds; 1 in 1,000 may be wrong
        if distance < 0.5:
            assert found.radius > distance - 0.1  # and is worth something
    assert answers > 20


def test_the_decision_is_that_of_all_draws_with_fewer_of_them(classifier):
    data = answered(classifier, 40, wrong=(2,))
    seen, saved = set(), 0
    for image, label in zip(data.floats(slice(None)), data.labels.tolist(), strict=True):
        full = certify(classifier, image, QUICK)
        for radius in (1e-9, 0.05, 0.1, 0.25, 0.4, 0.6, 0.9):
            decision = certified_at(classifier, image, label, radius, QUICK)
            assert decision.certified == (full.label == label and full.radius >= radius)
            assert decision.draws <= QUICK.draws
            assert decision.successes <= full.successes
            seen.add(decision.certified)
            saved += QUICK.draws - decision.draws
    assert seen == {True, False}
    assert saved > 0


def test_draws_stop_at_the_first_look_that_settles_it():
    """A network that always says 1: all agree, so drawing ends once enough have, and never starts in vain."""
    classifier = networks.wrap(networks.Constant([0.0, 1.0]), 2, SIZE)
    image = torch.full(SIZE, 0.5)
    smoothing = Smoothing(draws=10_000, alpha=0.001, sigma=0.25)
    needed = smoothing.needed(0.25)
    decision = certified_at(classifier, image, 1, 0.25, smoothing)
    assert decision.certified
    assert needed <= decision.draws < needed + 256
    assert certified_at(classifier, image, 0, 0.25, smoothing).draws == 0
    assert certified_at(classifier, image, 1, 2.0, smoothing).draws == 0


def test_selection_and_estimation_use_different_noise():
    class Keeps(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.seen = []

        def forward(self, x):
            self.seen.append(x.clone())
            return x.flatten(1)[:, :2]

    module = Keeps()
    certify(networks.wrap(module, 2, SIZE), torch.full(SIZE, 0.5), replace(QUICK, draws=2000))
    noise = (torch.cat(module.seen) - 0.5) / QUICK.sigma
    assert len(noise) == 2030
    assert len(noise.flatten(1).unique(dim=0)) == 2030
    assert abs(float(noise.mean())) < 0.03
    assert abs(float(noise.std()) - 1) < 0.02
    pairs = torch.stack([noise[:30].flatten(), noise[30:60].flatten()])
    assert abs(float(torch.corrcoef(pairs)[0, 1])) < 0.15


def test_abstention():
    class Coin(torch.nn.Module):
        """Says the sign of the first pixel's noise."""

        def forward(self, x):
            first = x[:, 0, 0, 0] - 0.5
            return torch.stack([first, -first], 1)

    found = certify(networks.wrap(Coin(), 2, SIZE), torch.full(SIZE, 0.5), QUICK)
    assert (found.label, found.radius) == (None, 0.0)
    assert 240 < found.successes < 360


def test_no_answer_is_no_success():
    classifier = networks.wrap(networks.Constant([torch.nan, torch.nan]), 2, SIZE)
    image = torch.full(SIZE, 0.5)
    assert certify(classifier, image, QUICK) == Certificate(None, 0.0, 0)
    assert not certified_at(classifier, image, 0, 0.1, QUICK).certified


def test_noise_depends_on_the_picture_and_the_seed_only(classifier):
    data = answered(classifier, 3)
    image = data.floats(slice(None))[0]
    first = certify(classifier, image, QUICK)
    certify(classifier, data.floats(slice(None))[1], QUICK)
    chunked = classifier.with_execution(Execution(chunk=7))
    assert certify(classifier, image, QUICK) == certify(chunked, image, QUICK) == first
    assert certify(classifier, image, replace(QUICK, seed=4)).successes != first.successes


def test_certified_accuracy_is_the_count_of_decisions(classifier, tmp_path):
    data, file = answered(classifier, 12, wrong=(1,)), tmp_path / "certified.jsonl"
    decisions = [
        certified_at(classifier, image, label, 0.1, QUICK)
        for image, label in zip(data.floats(slice(None)), data.labels.tolist(), strict=True)
    ]
    asked = []
    stopped = certified_accuracy(
        classifier, data, 0.1, QUICK, Running(file, should_stop=lambda: asked.append(0) or len(asked) > 5)
    )
    assert list(stopped.decisions) == decisions[:5]
    assert not stopped.complete
    told = []
    whole = certified_accuracy(classifier, data, 0.1, QUICK, Running(file, progress=told.append))
    assert list(whole.decisions) == decisions
    assert whole.complete
    assert told[-1] == 1
    count = whole.certified
    assert (count.correct, count.of) == (sum(d.certified for d in decisions), 12)
    assert 0 < count.correct < 12
    assert (count.radius, count.sigma, count.draws, count.alpha) == (0.1, 0.25, 600, 0.01)
    assert len(file.read_text().splitlines()) == 13
    with pytest.raises(InputError, match="another run"):
        certified_accuracy(classifier, data, 0.2, QUICK, Running(file))


@pytest.mark.parametrize("wrong", [{"sigma": 0.0}, {"alpha": 0.0}, {"alpha": 1.0}, {"draws": 0}, {"selection": 0}])
def test_impossible_settings_are_sentences(wrong):
    with pytest.raises(ParameterError):
        Smoothing(**wrong)


@pytest.mark.parametrize("radius", [0.0, -1.0, math.inf, math.nan])
def test_no_radius_is_a_sentence(classifier, radius):
    with pytest.raises(ParameterError):
        certified_accuracy(classifier, answered(classifier, 2), radius, QUICK)
