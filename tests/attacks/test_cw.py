"""C&W by hand: one round of Adam, the search for the constant, the end on the boundary."""

import pytest
import torch

import advlab
from advlab.attacks.cw import CW
from advlab.core.goals import Untargeted
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle
from tests.networks import Spy, conv, linear, pictures, wrap

SIZE = (3, 6, 5)


def by_hand(classifier, x, labels, *, const, steps, rate):
    """One round: Adam on `|delta|² + c · max(-margin, 0)`, the rate falling to zero, in the box."""
    point, first, second, seen = x.clone(), torch.zeros_like(x), torch.zeros_like(x), []
    for t in range(1, steps + 1):
        seen.append(point)
        leaf = point.clone().requires_grad_()
        logits = classifier(leaf)
        own = logits.gather(1, labels[:, None])[:, 0]
        margin = logits.scatter(1, labels[:, None], -torch.inf).amax(1) - own
        ((leaf - x).square().sum() + const * (-margin).clamp(min=0).sum()).backward()
        first = 0.9 * first + 0.1 * leaf.grad
        second = 0.999 * second + 0.001 * leaf.grad**2
        step = (first / (1 - 0.9**t)) / ((second / (1 - 0.999**t)).sqrt() + 1e-8)
        point = (point - rate * (1 - (t - 1) / steps) * step).clamp(0, 1)
    return seen


def test_one_round_is_adam_on_the_papers_objective():
    """Until the first success; after it the step is bounded by the size found."""
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier, x = wrap(spy, 4, SIZE), pictures(12, SIZE, 2, dtype=torch.float64).round()
    with torch.no_grad():
        first, second = classifier(x).topk(2, dim=1).values.unbind(1)
        x = x[(first - second).argsort(descending=True)[:3]]  # the most certain answers last longest
        labels = classifier(x).argmax(1)
    expected = by_hand(classifier, x, labels, const=0.05, steps=12, rate=0.02)
    asked = spy.remember()
    options = {"steps": 12, "search_steps": 1, "initial_const": 0.05, "step_size": 0.02, "abort_early": False}
    r = advlab.attack(classifier, x, "cw", **options)
    assert not r.success.any()
    for mine, theirs in zip(asked[1:13], expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-8)
    moved = asked[2] - asked[1]
    inward = moved != 0
    torch.testing.assert_close(moved[inward].abs(), torch.full_like(moved[inward], 0.02), rtol=0, atol=1e-4)


def test_saturated_pixels_move():
    """PEERS item 2: through a tanh, pixels of exactly 0 and 1 have no gradient and stay for ever."""
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(3, SIZE, 2).round()
    asked = spy.remember()
    advlab.attack(classifier, x, "cw", steps=3, search_steps=1, initial_const=10.0)
    moved = (asked[2] - asked[1]).flatten(1) != 0
    assert bool((moved.float().mean(1) > 0.3).all()), "about half of them want to go inwards"


def constants(classifier, x, attack):
    """The constants that one image's search went through."""
    with torch.no_grad():
        goal = Untargeted().bind(1, 2, classifier(x).argmax(1))
    o = GradientOracle(
        classifier, x, goal, Norm.L2, torch.full((1,), torch.inf), objective=attack.objective, seed=0
    )  # fmt: skip
    state, seen = attack.init(o), []
    while not bool(attack.done(state).all()):
        if not seen or float(state.const[0]) != seen[-1]:
            seen.append(float(state.const[0]))
        state = attack.step(o, state)
    return seen


def test_the_constant_is_searched_by_bisection():
    """Ten times as much after a failure, the middle once there is an upper end."""
    classifier, x = linear((1, 4, 4), 2, 1), pictures(1, (1, 4, 4), 3, low=0.4, high=0.6)
    seen = constants(classifier, x, CW(steps=60, search_steps=6, initial_const=1e-4))
    rising = [k for k in range(len(seen) - 1) if seen[k + 1] > seen[k] * 9.99]
    assert rising, "the first constant was to fail"
    assert seen[1] == pytest.approx(1e-3)
    turn = len(rising)
    for k in range(turn):
        assert seen[k + 1] == pytest.approx(10 * seen[k], rel=1e-5)
    low, high = seen[turn - 1], seen[turn]
    assert seen[turn + 1] == pytest.approx((low + high) / 2, rel=1e-5)
    assert seen[turn + 2] == pytest.approx((low + seen[turn + 1]) / 2, rel=1e-5) or seen[turn + 2] == pytest.approx(
        (seen[turn + 1] + high) / 2, rel=1e-5
    )


def test_it_ends_on_the_boundary():
    """The closing bisection: one percent back towards the clean image and the answer is the old one."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(4, SIZE)
    r = advlab.attack(classifier, x, "cw", steps=30, search_steps=2, initial_const=5.0, step_size=0.05)
    assert r.success.all()
    with torch.no_grad():
        back = classifier(x + 0.99 * (r.adversarial - x)).argmax(1)
    assert torch.equal(back, r.label_before)


@pytest.mark.parametrize("confidence", [0.5, 2.0])
def test_confidence_is_a_margin(confidence):
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(4, SIZE)
    r = advlab.attack(
        classifier, x, "cw", steps=150, search_steps=5, initial_const=1.0, step_size=0.03, confidence=confidence
    )
    assert r.success.all()
    assert (r.margin_after >= confidence - 1e-4).all()
    plain = advlab.attack(classifier, x, "cw", steps=150, search_steps=5, initial_const=1.0, step_size=0.03)
    assert (plain.norms["l2"] < r.norms["l2"]).all()


def test_failure_is_no_black_image():
    """PEERS item 1: a failed search gives its best effort, flagged, not zeros that happen to be another class."""
    classifier = linear((1, 4, 4), 2, 1)
    x = pictures(4, (1, 4, 4), 3)
    r = advlab.attack(classifier, x, "cw", steps=2, search_steps=1, initial_const=1e-6, step_size=1e-4)
    assert not r.success.any()
    assert torch.isinf(r.distance).all()
    assert torch.equal(r.label_after, r.label_before)
    assert (r.adversarial - x).abs().max() <= 2e-4


def test_rounds_stop_early_only_without_progress():
    classifier, x = linear((1, 4, 4), 2, 1), pictures(2, (1, 4, 4), 3)
    common = {"steps": 200, "search_steps": 3, "initial_const": 1.0}
    early = advlab.attack(classifier, x, "cw", **common)
    whole = advlab.attack(classifier, x, "cw", abort_early=False, **common)
    assert (whole.gradients == 600).all()
    assert (early.gradients < 600).all()
    torch.testing.assert_close(early.norms["l2"], whole.norms["l2"], rtol=0.02, atol=0)
