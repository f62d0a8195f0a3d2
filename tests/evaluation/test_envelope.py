"""What is proved and what is broken: the two curves, and the alarm between them."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch
from scipy.stats import beta

from advlab.core.intervals import wilson
from advlab.core.smoothing import Certificate, Smoothing
from advlab.evaluation import envelope
from advlab.evaluation.contender import contender
from advlab.evaluation.envelope import enclose
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from tests import networks
from tests.evaluation.sets import pictures

SIZE = (1, 4, 4)
SIGMA, DRAWS, ALPHA = 0.25, 400, 0.001


@pytest.fixture(scope="module")
def ground():
    base = networks.linear(SIZE, classes=3, seed=2)
    images = pictures(30, SIZE, 3)
    labels = base(images.float() / 255).argmax(1)
    labels[0] = (labels[0] + 1) % 3  # wrong from the start: neither proved nor withstood
    return base, TestSet(images, labels, torch.arange(30), "random")


def run(ground, radii=(0.05, 0.2, 0.6, 2.0), **running):
    base, data = ground
    smoothing = Smoothing(SIGMA, DRAWS, alpha=ALPHA)
    who = contender("randomized_smoothing", base, {"sigma": SIGMA})
    return list(enclose(who, data, smoothing, radii, steps=5, running=Running(**running)))


def test_the_curve_is_that_of_the_procedure_of_the_paper(ground):
    """CERTIFY of Cohen et al. written down again with numpy's noise: equal within the intervals of the counts."""
    base, data = ground
    found = run(ground, radii=())[-1]
    noise = np.random.default_rng(5)
    radii = []
    for image, label in zip(data.floats(slice(None)), data.labels.tolist(), strict=True):

        def answers(count, picture=image):
            drawn = torch.from_numpy(noise.normal(0, SIGMA, (count, *picture.shape))).float()
            return base(picture + drawn).argmax(1).bincount(minlength=3)

        top = int(answers(100).argmax())
        successes = int(answers(DRAWS)[top])
        low = 0.0 if successes == 0 else float(beta.ppf(ALPHA, successes, DRAWS - successes + 1))
        radii.append(SIGMA * NormalDist().inv_cdf(low) if low > 0.5 and top == label else -math.inf)
    for radius in (1e-6, 0.1, 0.25, 0.4):
        expected = sum(one >= radius for one in radii)
        low, high = wilson(expected, len(radii))
        assert low <= found.certified(radius).share <= high, radius


def test_the_curves_fall_and_enclose_each_other(ground):
    found = run(ground)
    proved = [found[-1].certified(r).correct for r in (1e-6, 0.05, 0.2, 0.6)]
    attacked = [count.correct for _, count in found[-1].attacked]
    assert proved == sorted(proved, reverse=True)
    assert attacked == sorted(attacked, reverse=True)
    assert proved[0] <= 29
    assert all(low <= high for low, high in zip(proved[1:], attacked, strict=False))
    assert attacked[-1] < proved[0]
    assert found[-1].alarms == 0
    assert [len(one.certificates) for one in found[:30]] == list(range(1, 31))


def test_a_wrong_certificate_raises_an_alarm(ground, monkeypatch):
    """Planted: everything is certified far beyond what is true, until ten times the draws are asked for."""
    base, _ = ground
    true = envelope.certify

    def lying(classifier, image, smoothing):
        if smoothing.draws > DRAWS:
            return true(classifier, image, smoothing)
        return Certificate(int(base(image.unsqueeze(0)).argmax()), 100.0, smoothing.draws)

    monkeypatch.setattr(envelope, "certify", lying)
    found = run(ground, radii=(2.0,))[-1]
    assert found.inside > 0
    assert 0 < found.alarms <= found.inside


def test_it_stops(ground):
    assert run(ground, should_stop=lambda: True) == []
