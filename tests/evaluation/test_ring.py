"""Defenses on a set: who is right, what they fell to, and whether the number is to be believed."""

from dataclasses import replace

import pytest
import torch

import advlab
from advlab import models
from advlab.core.rejecting import Rejecting
from advlab.core.verdicts import votes
from advlab.data import samples
from advlab.defenses.rounded_logits import RoundedLogits
from advlab.errors import ParameterError
from advlab.evaluation.contender import Contender, contender
from advlab.evaluation.ring import Ring
from advlab.evaluation.ruling import Word, ruling
from advlab.evaluation.running import Running
from tests.evaluation.drawn import BUDGET, digits


def last(ring, who, before=None):
    *_, trial = ring.meet(who, before)
    return trial


@pytest.fixture(scope="module")
def ring():
    base, data = digits()
    return Ring(base, data, BUDGET)


@pytest.fixture(scope="module")
def bare(ring):
    return last(ring, contender("none", ring.base))


def test_an_undefended_network_falls_to_who_attacks_it(bare):
    assert bare.clean.correct == len(bare.fates) == 10
    assert bare.unaware.correct == bare.adaptive.correct == 0
    assert bare.by == {"PGD on the undefended network": 10}
    assert ruling(bare, bare).word is Word.NONE


def test_verdicts_are_those_of_the_attack_by_itself(ring):
    """A robust network, counted here and by one call of the attack."""
    robust = models.load("mnist_pgd", "cpu")
    trial = last(ring, contender("network:mnist_pgd", ring.base))
    x, y = ring.data.floats(slice(None)), ring.data.labels
    away = advlab.attack(ring.base, x, "pgd", norm="linf", eps=0.3, labels=y, steps=10, early_stop=False).adversarial
    transferred = robust(away).argmax(1) != y
    found = [advlab.attack(robust, x, "pgd", norm="linf", eps=0.3, labels=y, steps=10, seed=seed, loss=loss)
             for seed, loss in enumerate(("cross_entropy", "margin"))]  # fmt: skip
    fell = transferred | found[0].success | found[1].success
    assert [bool(fate.adaptive) for fate in trial.fates] == fell.tolist()
    assert [fate.unaware for fate in trial.fates] == transferred.tolist()


def test_masking_is_seen_through(ring, bare):
    trial = last(ring, contender("scaled_logits", ring.base))
    assert trial.unaware.share >= 0.9
    assert trial.adaptive.correct == 0
    assert ruling(trial, bare).word is Word.MASKED


def test_what_holds_is_said_with_its_price(ring, bare):
    trial = last(ring, contender("network:mnist_pgd", ring.base))
    found = ruling(trial, bare)
    assert found.word is Word.HOLDS
    assert "0% without a defense" in found.sentence


def test_what_falls_within_a_smaller_radius_falls_within_a_larger_one():
    base, data = digits()
    who = contender("network:mnist_pgd", base)
    small = last(Ring(base, data, replace(BUDGET, eps=0.1)), who)
    planted = replace(small, fates=(replace(small.fates[0], adaptive="planted"), *small.fates[1:]))
    large = last(Ring(base, data, BUDGET), who, planted)
    assert large.fates[0].adaptive == "planted"
    assert large.adaptive.correct <= planted.adaptive.correct


def test_batches_change_nothing(ring):
    who = contender("bit_depth", ring.base, {"bits": 1})
    in_parts = last(Ring(ring.base, ring.data, BUDGET, Running(batch=3)), who)
    assert in_parts.fates == last(ring, who).fates


def test_stopped_it_keeps_whole_batches():
    base, data = digits()
    asked = []

    def stop():
        asked.append(None)
        return len(asked) > 40

    trials = list(Ring(base, data, BUDGET, Running(batch=2, should_stop=stop)).meet(contender("none", base)))
    assert len(trials) < 5
    assert all(len(trial.fates) == 2 * (place + 1) for place, trial in enumerate(trials))


def test_a_detector_that_says_no_is_no_success_of_the_attacker(ring):
    """And its suspicions are those of its own scores."""
    drawn = samples.again(ring.base.labels, 500)
    others = torch.cat([ring.base.prepare(next(drawn)[0]) for _ in range(20)])
    who = contender("confidence", ring.base, clean=lambda _: others)
    trial = last(ring, who)
    assert isinstance(who.deployed, Rejecting)
    x = ring.data.floats(slice(None))
    acceptance = votes(who.deployed, x).said[0, :, -1]
    assert [fate.suspicion.clean for fate in trial.fates] == pytest.approx((-acceptance).tolist(), abs=1e-4)
    assert [fate.accepted for fate in trial.fates] == (acceptance > 0).tolist()
    for fate in trial.fates:
        assert not fate.unaware or (fate.suspicion.unaware < 0 and fate.suspicion.fooled)
        assert not fate.adaptive or fate.suspicion.adaptive < 0


def test_an_attack_that_is_not_adaptive_is_doubted(ring, bare):
    """Planted: who is said to know the defense climbs a staircase, and the pictures come from another network."""
    robust = models.load("mnist_pgd", "cpu")
    rounded = RoundedLogits(step=5.0).wrap(ring.base)
    planted = Contender("planted", "Planted", "It climbs a staircase.", robust, ring.base, rounded)
    weak = Ring(robust, ring.data, replace(BUDGET, steps=2))
    trial = last(weak, planted)
    assert trial.adaptive.correct > 0
    checked = weak.check(trial, 150)
    assert checked.stronger in {"Square", "HopSkipJump"}
    found = ruling(checked, bare)
    assert found.word is Word.DOUBTED
    assert checked.stronger in found.sentence
    honest = weak.check(last(weak, contender("scaled_logits", ring.base)), 50)
    assert honest.stronger is None


def test_another_attack_can_be_asked_for():
    base, data = digits()
    trial = last(Ring(models.load("mnist_pgd", "cpu"), data, replace(BUDGET, override="square", steps=40)),
                 replace(contender("none", base), base=models.load("mnist_pgd", "cpu")))  # fmt: skip
    assert any(name.startswith("Square") for name in trial.by)
    with pytest.raises(ParameterError, match="nothing"):
        list(Ring(base, data, replace(BUDGET, override="nothing")).meet(contender("none", base)))
