"""Verdicts, retiring, and networks that answer the search and the verifier differently."""

import pytest
import torch
from torch import nn

import advlab
from advlab.core.classifier import Classifier
from advlab.core.norms import Norm
from advlab.core.program import Program
from advlab.core.randomness import Noise
from tests.cases import CASES, KINDS, Case
from tests.networks import Spy, Stochastic, conv, linear, pictures, wrap

SIZE = (3, 6, 5)
cases = pytest.mark.parametrize("case", KINDS, ids=str)
with_radius = pytest.mark.parametrize("case", [c for c in KINDS if not c.minimal], ids=str)


class Dreamer(Classifier):
    """In the search every logit of the second class is larger by `hope` than it is for the verifier."""

    hope = 100.0

    def search(self, x):
        return self(x) + self.hope * torch.eye(len(self.labels), dtype=self.dtype)[1]


def dreamer(hope, classes=4):
    module = conv(SIZE, classes)
    with torch.no_grad():
        module[-1].weight *= 0.2
        module[-1].bias.copy_(torch.tensor([4.0, 0.0, 0.0, 0.0])[:classes])
    found = Dreamer(module, [str(k) for k in range(classes)], SIZE)
    found.hope = hope
    return found


@cases
@pytest.mark.parametrize("early", [True, False])
def test_a_success_of_the_search_alone_is_none(case, early):
    """Every query looks like a success, none is: nothing is claimed, and what is said is about the image given out."""
    classifier, x = dreamer(100.0), pictures(3, SIZE)
    r = case.run(classifier, x, goal=case.goal(1 if case.targeted else 0), early_stop=early)
    assert not r.success.any()
    assert torch.isinf(r.distance).all()
    assert (r.queries > 0).all()
    with torch.no_grad():
        logits = classifier(r.adversarial)
    torch.testing.assert_close(r.margin_after, r.goal.margin(logits))
    assert torch.equal(r.label_after, logits.argmax(1))
    torch.testing.assert_close(r.confidence_after, logits.softmax(1).amax(1))
    for norm in Norm:
        torch.testing.assert_close(r.norms[norm.value], advlab.core.norms.size(r.adversarial - x, norm))


@pytest.mark.parametrize("case", [c for c in CASES if c.minimal and not c.targeted], ids=str)
def test_a_point_that_no_push_confirms_is_reported_as_it_is(case):
    """Pushed outwards in vain: labels, margins and norms are still those of the image given out."""
    classifier, x = dreamer(3.7), pictures(4, SIZE)
    r = case.run(classifier, x, goal=case.goal(0))
    tried = ~r.success & (r.verifications == 6)
    assert tried.any(), "one clean look, one at the candidate, four pushes"
    with torch.no_grad():
        margin = r.goal.margin(classifier(r.adversarial))
    assert torch.equal(r.success, margin > 0)
    torch.testing.assert_close(r.margin_after, margin, rtol=0, atol=1e-5)


@with_radius
def test_an_unconfirmed_image_stays_in_the_search(case):
    """It may not retire at a success that the verifier does not see; what closes in on it may ask more."""
    x = pictures(2, SIZE)
    goal = case.goal(1 if case.targeted else 0)
    everything = case.run(dreamer(0.0), x, goal=goal, early_stop=False)
    assert not everything.success.any()
    r = case.run(dreamer(100.0), x, goal=goal)
    assert torch.equal(r.queries, everything.queries) or issubclass(case.kind, Program)
    assert (r.queries >= everything.queries).all()


def test_a_pessimist_misses_what_it_could_have():
    """The search decides which image is given out, the verifier only what is said about it."""
    classifier, x = dreamer(-9.0, classes=2), pictures(16, SIZE)
    with torch.no_grad():
        classifier.module[-1].bias.zero_()
        x = x[classifier(x).argmax(1) == 0]
    assert len(x) > 1
    r = advlab.attack(classifier, x, "fgsm", eps=0.3)
    assert (r.trace.column("margin") < 0).all()
    assert r.success.all(), "a best effort that does fool is a success, whatever the search thought"


@pytest.mark.parametrize("name", ["cw", "hopskipjump"])
def test_a_point_on_the_wrong_side_is_moved_outwards(name):
    """A minimal search that sees the boundary a hair too near ends on its far side all the same."""

    class Near(Dreamer):
        def search(self, x):
            own = self(x)
            return own + self.hope * torch.eye(2)[1 - int(self.label)]

    plain = linear((1, 4, 4), 2, 1)
    x = pictures(1, (1, 4, 4), 3, low=0.3, high=0.7)
    near = Near(plain.module, ["0", "1"], (1, 4, 4))
    near.label = plain(x).argmax(1)
    near.hope = 0.005 * float(plain(x).diff().abs())  # half a percent of the way
    options = {"cw": {"steps": 100, "search_steps": 5, "initial_const": 1.0}}.get(name, {"max_queries": 1500})
    spied = advlab.attack(plain, x, name, **options)
    r = advlab.attack(near, x, name, **options)
    assert r.success.all()
    assert r.margin_after > 0
    assert r.verifications > 2, "there was something to put right"
    assert r.norms["l2"] < spied.norms["l2"] * 1.02


@with_radius
def test_early_stop_retires_at_the_first_success(case):
    """Less work, and no success lost or gained; without it, larger margins."""
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(6, SIZE)
    goal = case.goal(case.classes(classifier, x))
    early = case.run(classifier, x, goal=goal)
    whole = case.run(classifier, x, goal=goal, early_stop=False)
    assert torch.equal(early.success, whole.success)
    assert early.success.any()
    assert (early.queries <= whole.queries).all()
    assert (early.margin_after <= whole.margin_after + 1e-6).all()
    assert len(set(whole.queries.tolist())) == 1, "all the work is done"
    if case.name != "fgsm":
        assert early.queries.sum() < whole.queries.sum()
        retired = early.success & (early.queries < whole.queries)
        assert (early.margin_after[retired] > 0).all()


def test_the_first_confirmed_candidate_is_the_one_given_out():
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(1, SIZE, 1)
    asked = spy.remember()
    r = advlab.attack(classifier, x, "pgd", norm="linf", eps=0.2, steps=40, random_start=False)
    assert r.success.all()
    with torch.no_grad():
        reached = [bool(r.goal.margin(spy.module(images)) > 0) for images in asked[1 : 1 + int(r.queries)]]
    assert any(torch.equal(r.adversarial, images) for images in asked)
    assert r.queries < 41
    # Queries and confirmations alternate from the first success on, and that is the end.
    assert sum(reached) <= 2


@cases
def test_trembling_answers_are_confirmed_by_a_fresh_one(case):
    """What is claimed has fooled the network in a look that the search did not choose (PEERS item 27)."""
    x = pictures(32, SIZE)
    module = conv(SIZE)
    with torch.no_grad():
        module[-1].weight *= 0.01
        module[-1].bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))
    # One noisy look in nine fools; the best of many always does, a fresh one again in one of nine.
    classifier = wrap(Stochastic(module, 0.45, seed=4), 4, SIZE)
    r = case.run(classifier, x, goal=case.goal(1 if case.targeted else 0), eps=1e-6, early_stop=False)
    fresh = r.success & ~r.already
    looks = (
        len(case.kind().members(Norm(case.norm))) if issubclass(case.kind, Program) else 1
    )  # each member's success is confirmed
    assert fresh.sum() <= 32 * (1 - (8 / 9) ** looks) + 7


def test_infinite_margins_are_judged_like_others():
    """log(softmax) that underflows: the class to leave is at minus infinity, and that is a success."""

    class LogProbabilities(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.tensor(2000.0))

        def forward(self, x):
            over = (x.flatten(1).mean(1) - 0.5) * self.scale
            return torch.stack((torch.zeros_like(over), over), 1).softmax(1).log()

    classifier, x = wrap(LogProbabilities(), 2, SIZE), pictures(2, SIZE, low=0.48, high=0.5)
    for early in (True, False):
        r = advlab.attack(classifier, x, "fgsm", norm="linf", eps=0.3, early_stop=early)
        assert torch.isinf(r.margin_after).all()
        assert r.success.all()
        assert torch.equal(r.label_after, torch.tensor([1, 1]))


def test_a_run_leaves_nothing_behind_for_the_next():
    """PEERS item 10: after a network that trembles, a static one is attacked as if it were the first."""
    x = pictures(3, SIZE)
    case = Case("pgd", "linf")
    static = wrap(conv(SIZE), 4, SIZE)
    before = case.run(static, x)
    case.run(wrap(Stochastic(conv(SIZE), 3.0), 4, SIZE), x)
    after = case.run(static, x)
    assert torch.equal(before.adversarial, after.adversarial)
    assert torch.equal(before.queries, after.queries)


@with_radius
def test_a_success_at_the_very_start_is_in_the_trace(case):
    """Even where the attack's first look, before any step, ends the search."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(2, SIZE)
    goal = case.goal(case.classes(classifier, x))
    told = []
    eps = 1.0 if case.norm == "linf" else float(x[0].numel())
    r = case.run(classifier, x, goal=goal, eps=eps, progress=told.append)
    assert len(r.trace) > 0
    assert torch.equal(r.trace.column("queries")[-1], r.queries)
    assert told
    assert told[-1].queries == r.queries.max()


def test_the_verifier_looks_once_at_each_clean_image():
    spy = Spy(conv(SIZE))
    x = pictures(7, SIZE)
    r = advlab.attack(wrap(spy, 4, SIZE), x, "fgsm", eps=0.0)
    assert spy.forward_images == 7
    assert r.verifications.tolist() == [1] * 7


def test_noise_follows_the_picture_and_the_seed():
    x = pictures(3, SIZE)
    first, other = Noise.of(1, x), Noise.of(2, x)
    assert len(set(first.keys.tolist()) | set(other.keys.tolist())) == 6
    assert torch.equal(Noise.of(1, x[[2]]).keys, first.keys[[2]])
