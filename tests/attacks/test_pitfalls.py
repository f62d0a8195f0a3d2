"""Defects of other libraries (PEERS section 4), each with its number; the others are where their subject is tested."""

import math

import pytest
import torch
from torch import nn

import advlab
from tests.cases import CASES, EPS, Case
from tests.closed_form import distance
from tests.networks import Linear, Stochastic, conv, linear, pictures, wrap

SIZE = (3, 6, 5)
cases = pytest.mark.parametrize("case", CASES, ids=str)
targeted = pytest.mark.parametrize("case", [c for c in CASES if c.targeted], ids=str)
TEN = 10
BINARY = (1, 5, 5)


def test_item_2_binary_images_are_fooled_as_easily_as_grey_ones():
    """Through a tanh, C&W cannot move pixels of exactly 0 and 1: no success at any price."""
    classifier = linear(BINARY, TEN, 3)
    options = {"steps": 100, "search_steps": 4, "initial_const": 1.0}
    for x in (pictures(6, BINARY, 1).round(), pictures(6, BINARY, 1, low=0.2, high=0.8)):
        assert advlab.attack(classifier, x, "cw", **options).success.all()


@pytest.mark.parametrize("name", ["cw", "pgd", "square"])
def test_item_3_all_logits_negative(name):
    """A margin with max(0, ...) over a one-hot product is zero as soon as all logits are negative."""
    x = pictures(6, BINARY, 1)
    options = {"cw": {"steps": 60, "search_steps": 4, "initial_const": 1.0}, "square": {"steps": 200}}.get(name, {})
    eps = None if name == "cw" else 0.3
    up, down = (
        advlab.attack(linear(BINARY, TEN, 3, shift=shift, dtype=torch.float64), x, name, eps=eps, **options)
        for shift in (0.0, -1000.0)
    )
    assert up.success.any()
    assert torch.equal(up.success, down.success)
    torch.testing.assert_close(up.norms["l2"], down.norms["l2"], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("case", [c for c in CASES if c.targeted and not c.kind.baseline], ids=str)
def test_item_5_a_targeted_attack_pulls_towards_the_target(case):
    """Not towards the true label, and not merely away from it: the target's margin rises, and is hit where possible."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(8, SIZE)
    with torch.no_grad():
        least = classifier(x).argmin(1)
    longer = {"square": {"steps": 300}, "cw": {"steps": 60}}.get(case.name, {})
    eps = None if case.minimal else {"linf": 0.3, "l2": 3.0, "l1": 20.0, "l0": 20.0}.get(case.norm)
    r = case.run(classifier, x, goal=advlab.Targeted(least), eps=eps, max_queries=2000, **longer)
    assert (r.margin_after > r.margin_before).all()
    assert r.success.float().mean() >= 0.5
    assert torch.equal(r.label_after[r.success], least[r.success])
    untouched = ~r.success & (r.label_after != r.label_before)
    assert not r.success[untouched].any(), "a changed label that is not the target is no success"


@pytest.mark.parametrize(
    "name, norm",
    [
        ("fgsm", "linf"), ("fgsm", "l2"), ("fgsm", "l1"), ("mi_fgsm", "linf"), ("pgd", "linf"), ("pgd", "l2"),
        ("pgd", "l1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("gain", [40, 100, 1000])
@pytest.mark.parametrize("targeted", [False, True])
def test_item_9_certainty_is_no_robustness(name, norm, gain, targeted):
    """A plane that is sure to many digits is fooled at its distance like any other, in float32.

    Its gradients are far below 1e-6, and the probability of its answer is one: the gradient of log p has lost
    the part of the class to leave, or is zero.
    """
    classifier, x = linear(BINARY, 2, 1), pictures(6, BINARY, 5, low=0.4, high=0.6)
    exact = distance(classifier, x, norm)
    with torch.no_grad():
        classifier.module.weight *= gain
        classifier.module.bias *= gain
        own = classifier(x).argmax(1)
        assert classifier(x).diff().abs().max() > 17
    goal = advlab.Targeted(1 - own) if targeted else None
    options = {"steps": 100} if name == "pgd" else {}
    r = advlab.attack(classifier, x, name, norm=norm, eps=(exact * 1.05).float(), goal=goal, **options)
    assert r.success.all()
    assert r.zero_gradients.sum() == 0


def test_item_9_l2_steps_are_no_sign_steps():
    """A step of PGD in L2 has the step's length and the gradient's direction."""
    classifier = linear((1, 1, 4), 2, 1, dtype=torch.float64)
    with torch.no_grad():
        classifier.module.weight.copy_(torch.tensor([[0.0, 0, 0, 0], [4.0, 0.2, 0.0, -3.0]]))
        classifier.module.bias.copy_(torch.tensor([0.0, -5.0]))
    x = torch.full((1, 1, 1, 4), 0.5, dtype=torch.float64)
    r = advlab.attack(
        classifier, x, "pgd", norm="l2", eps=0.2, steps=1, step_size=0.1, random_start=False, early_stop=False
    )
    delta = (r.adversarial - x).flatten()
    direction = torch.tensor([4.0, 0.2, 0.0, -3.0], dtype=torch.float64)
    torch.testing.assert_close(delta, 0.1 * direction / direction.norm())


@pytest.mark.parametrize("case", [c for c in CASES if not c.minimal and not c.targeted], ids=str)
def test_item_11_rates_do_not_depend_on_the_batch_size(case):
    """One seed, sixteen images: the same set is fooled in batches of 16 and 5; alone is for conformance."""
    classifier, x = wrap(conv(SIZE, dtype=torch.float64), 4, SIZE), pictures(16, SIZE, dtype=torch.float64)
    fooled = []
    eps = EPS[case.norm] * (0.3 if case.kind.access == "gradient" else 1)
    for size in (16, 5):
        runs = [case.run(classifier, part, eps=eps, max_queries=12, seed=3) for part in x.split(size)]
        fooled.append(torch.cat([r.success for r in runs]))
    assert 0 < fooled[0].sum() < 16
    assert torch.equal(*fooled)


def test_item_18_the_best_is_the_image_that_was_judged():
    """Never the iterate after it: PGD with steps that overshoot gives out the exact query with the best margin."""

    class Ridge(nn.Module):
        """A narrow success half-way: going on leaves it again."""

        def __init__(self):
            super().__init__()
            self.place = nn.Parameter(torch.tensor(0.13))

        def forward(self, x):
            moved = (x - 0.5).flatten(1).mean(1)
            peak = 0.05 - (moved - self.place).abs()
            return torch.stack((torch.zeros_like(peak), peak), 1)

    x = torch.full((1, *SIZE), 0.5)
    r = advlab.attack(
        wrap(Ridge(), 2, SIZE), x, "pgd", norm="linf", eps=0.3, steps=9, step_size=0.07, random_start=False,
        early_stop=False,
    )  # fmt: skip
    assert r.success.all()
    margins = r.trace.column("margin")[:, 0]
    assert float(r.margin_after) == pytest.approx(float(margins.max()), abs=1e-6)
    assert margins.argmax() < len(margins) - 1


def test_item_20_already_wrong_images_are_neither_success_nor_failure_of_the_attack():
    """Three numbers can be told apart: clean accuracy, robust accuracy, success among the right ones."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(20, SIZE)
    with torch.no_grad():
        truth = classifier(x).argmax(1)
    truth[:5] = (truth[:5] + 1) % 4
    r = advlab.attack(classifier, x, "pgd", norm="linf", eps=0.03, labels=truth)
    assert r.already.tolist() == [True] * 5 + [False] * 15
    assert float((~r.already).float().mean()) == 0.75
    fooled = r.success & ~r.already
    assert 0 < fooled.sum() < 15
    assert r.queries[:5].sum() == 0


def test_item_21_at_the_target_already():
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(6, SIZE)
    with torch.no_grad():
        own = classifier(x).argmax(1)
    r = advlab.attack(classifier, x, "pgd", norm="linf", eps=0.1, goal=advlab.Targeted(own))
    assert r.already.all()
    assert torch.equal(r.adversarial, x)


@pytest.mark.parametrize("eps", [0.1 / 255, 1 / 255, 0.031, 8 / 255, 1.0])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_item_25_points_on_the_surface_are_admitted(eps, norm):
    """Whatever the rounding of eps, a projected point is inside and a success on it counts."""
    classifier, x = linear(BINARY, 2, 1), pictures(16, BINARY, 5, low=0.3, high=0.7)
    r = advlab.attack(classifier, x, "fgsm", norm=norm, eps=eps, early_stop=False)
    assert r.norms[norm].max() <= eps * (1 + 1e-5) + 1e-7
    if eps < 0.3:
        assert r.norms[norm].min() >= eps * 0.99
    assert torch.equal(r.success, r.margin_after > 0)


def test_item_27_one_lucky_look_at_a_trembling_model_is_no_success():
    """At a radius of nothing, the best of fifty noisy looks "fools" most images; a fresh look few."""
    module = Linear(torch.zeros(2, 90), torch.tensor([1.0, 0.0]))
    classifier = wrap(Stochastic(module, 0.7), 2, SIZE)
    x = pictures(64, SIZE)
    r = advlab.attack(classifier, x, "square", norm="linf", eps=1e-6, labels=0, steps=50, early_stop=False)
    tried = r.trace.column("margin").amax(0) > 0
    fresh = ~r.already
    assert float(tried[fresh].float().mean()) > 0.9
    assert float(r.success[fresh].float().mean()) < 0.35


def test_item_27_most_of_the_fresh_votes_decide_about_a_trembling_model():
    """With a majority of fresh votes hardly any of the lucky looks is a success; votes are booked."""
    module = Linear(torch.zeros(2, 90), torch.tensor([1.0, 0.0]))
    plain = advlab.wrap(Stochastic(module, 0.7), labels=["0", "1"], input_size=SIZE, votes=15)
    r = advlab.attack(plain, pictures(64, SIZE), "square", norm="linf", eps=1e-6, labels=0, steps=50, early_stop=False)
    assert float(r.success.float().mean()) < 0.05
    assert int(r.verifications.min()) == 30  # the clean image, and the best candidate


@cases
def test_item_30_a_failed_attack_gives_its_best_effort(case):
    """Not None, not NaN, not the clean image if something was tried, and flagged."""
    classifier, x = linear(SIZE, 2, 1), pictures(3, SIZE, low=0.4, high=0.6)
    with torch.no_grad():
        classifier.module.bias.copy_(torch.tensor([60.0, -60.0]))
    r = case.run(classifier, x, goal=case.goal(1 if case.targeted else 0))
    assert not r.success.any()
    assert bool(r.adversarial.isfinite().all())
    assert all(math.isinf(d) for d in r.distance.tolist())
    if case.kind.access == "gradient":
        assert (r.adversarial != x).flatten(1).any(1).all()
        assert (r.margin_after > r.margin_before).all()


def test_what_is_configured_can_be_printed_beside_a_result():
    """PEERS item 24: libraries differ in silent defaults; every one of ours is a field with a value."""
    for name, kind in advlab.attacks.available().items():
        assert set(kind().model_dump()) == set(kind.model_fields), name
    assert Case("pgd", "linf").kind().model_dump()["random_start"] is True
