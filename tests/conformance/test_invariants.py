"""What every attack must hold, whichever it is: over everything registered, norms and goals."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import advlab
from advlab.core import norms
from advlab.core.norms import Norm
from tests.cases import CASES, EPS
from tests.networks import Spy, Stochastic, conv, fill, pictures, wrap

SIZE = (3, 6, 5)
cases = pytest.mark.parametrize("case", CASES, ids=str)


def double(seed=0):
    return wrap(conv(SIZE, 4, seed, torch.float64), 4, SIZE)


def photos(count, seed=0):
    return pictures(count, SIZE, seed, dtype=torch.float64)


def assert_sound(case, classifier, x, r):
    """The claims of a result, recomputed on the tensor that it gives out."""
    a = r.adversarial
    assert a.shape == x.shape
    assert a.dtype == classifier.dtype
    assert bool(a.isfinite().all())
    assert 0 <= float(a.min()) <= float(a.max()) <= 1
    with torch.no_grad():
        logits = classifier(a)
    margin = r.goal.margin(logits)
    torch.testing.assert_close(r.margin_after, margin, rtol=0, atol=1e-5)
    assert torch.equal(r.label_after, logits.argmax(1))
    for name, size in r.norms.items():
        torch.testing.assert_close(size, norms.size(a - x, Norm(name)))
    inside = torch.ones_like(r.success) if r.eps is None else norms.within(r.norms[case.norm], r.eps)
    assert torch.equal(r.success, (margin > 0) & inside)
    if not case.minimal:
        assert bool(inside.all()), "an attack with a radius left it"
    if case.targeted:
        assert torch.equal(r.label_after[r.success], r.goal.index[r.success])
    else:
        assert bool((r.label_after[r.success] != r.goal.index[r.success]).all())


@cases
@settings(max_examples=3)
@given(data=st.data())
def test_results_are_sound(case, data):
    """In [0, 1], in the radius, finite, and a success exactly where the margin says so."""
    count = data.draw(st.integers(1, 5), "images")
    seed = data.draw(st.integers(0, 2**63 - 1), "seed")
    eps = data.draw(st.floats(1 / 2550, 1), "eps") * (EPS[case.norm] * 2)
    reached = data.draw(st.sets(st.integers(0, count - 1)), "already")
    early = data.draw(st.booleans(), "early stop")
    double_precision = data.draw(st.booleans(), "float64")
    dtype = torch.float64 if double_precision else torch.float32
    classifier = wrap(conv(SIZE, 4, seed % 5, dtype), 4, SIZE)
    x = pictures(count, SIZE, seed % 7, dtype=dtype)
    goal = case.goal(case.classes(classifier, x, reached=reached))
    options = {} if case.minimal and data.draw(st.booleans(), "no radius") else {"eps": eps}
    r = case.run(classifier, x, goal=goal, seed=seed, early_stop=early, **options)
    assert_sound(case, classifier, x, r)
    assert set(r.already.nonzero().flatten().tolist()) == reached


@cases
def test_everything_else_is_left_untouched(case):
    """Input, weights, running statistics, gradients and switches are as before, and the input is not aliased.

    The network came in training mode, and is in evaluation mode for good.
    """
    with torch.random.fork_rng(devices=[]):
        module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4))
    classifier = wrap(fill(module).train(), 4, SIZE)
    x = pictures(3, SIZE).requires_grad_()
    labels = case.classes(classifier, x)
    before = x.detach().clone(), copy.deepcopy(module.state_dict())
    grad_mode, threads = torch.is_grad_enabled(), torch.get_num_threads()
    r = case.run(classifier, x, goal=case.goal(labels))
    assert torch.equal(x, before[0])
    assert x.requires_grad
    assert x.grad is None
    assert all(torch.equal(value, before[1][key]) for key, value in module.state_dict().items())
    assert not any(m.training for m in module.modules())
    assert all(p.grad is None and not p.requires_grad for p in module.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in module.modules())
    assert (torch.is_grad_enabled(), torch.get_num_threads()) == (grad_mode, threads)
    assert not r.adversarial.requires_grad
    assert r.adversarial.data_ptr() != x.data_ptr()


@cases
def test_eps_zero_is_the_identity(case):
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(3, SIZE)
    goal = case.goal(case.classes(classifier, x, reached=[1]))
    r = case.run(classifier, x, goal=goal, eps=0.0)
    assert torch.equal(r.adversarial, x)
    assert r.success.tolist() == [False, True, False]
    assert r.queries.tolist() == r.gradients.tolist() == [0, 0, 0]


@cases
def test_a_radius_of_a_tenth_of_a_grey_level_can_be_used_up(case):
    """0.1/255 is next to float32's resolution: a tight admission test would refuse every candidate."""
    classifier = wrap(conv(SIZE), 4, SIZE)
    x = pictures(4, SIZE)
    with torch.no_grad():
        order = classifier(x).argsort(1, descending=True)
    goal = case.goal(order[:, 1] if case.targeted else order[:, 0])
    eps = 0.1 / 255 if case.norm != "l0" else 1.0
    r = case.run(classifier, x, goal=goal, eps=eps, early_stop=False)
    assert_sound(case, classifier, x, r)
    if not case.minimal:
        assert bool((r.norms[case.norm] > 0.5 * eps).all()), "nothing was admitted"


@cases
def test_images_beyond_the_goal_are_left_alone(case):
    """Bit for bit, at no query, and reported: neither the attack's merit nor its failure."""
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(4, SIZE)
    classes = case.classes(classifier, x, reached=[0, 1, 2, 3])
    spy.forward_images = 0
    r = case.run(classifier, x, goal=case.goal(classes))
    assert torch.equal(r.adversarial, x)
    assert r.already.all()
    assert r.success.all()
    assert r.queries.sum() == r.gradients.sum() == 0
    assert spy.forward_images == 4, "one look at each clean image is enough"
    assert r.distance.tolist() == [0, 0, 0, 0]


@cases
def test_failure_is_flagged(case):
    """Nothing fools a network with one answer: no success, no distance, and still a usable image."""
    module = conv(SIZE)
    with torch.no_grad():
        module[-1].weight *= 0.001
        module[-1].bias.copy_(torch.tensor([9.0, 0, 0, 0]))
    classifier, x = wrap(module, 4, SIZE), pictures(3, SIZE)
    r = case.run(classifier, x, goal=case.goal(3 if case.targeted else 0))
    assert not r.success.any()
    assert not r.already.any()
    assert torch.isinf(r.distance).all()
    assert (r.margin_after < 0).all()
    assert_sound(case, classifier, x, r)
    assert (r.queries > 0).all()


@cases
@pytest.mark.parametrize("budget, early", [(1, True), (2, False), (7, False), (50, True)])
def test_budget_is_never_exceeded(case, budget, early):
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(3, SIZE)
    goal = case.goal(case.classes(classifier, x))
    # Much more work than the budget pays for, from whatever makes this attack longer.
    longer = {key: 40 for key in ("steps", "first_probes") if key in case.kind.model_fields}
    spy.forward_images = 0
    r = case.run(classifier, x, goal=goal, max_queries=budget, early_stop=early, **longer)
    queries, gradients = case.kind.configured({**case.parameters, **longer}).cost(budget)
    assert r.queries.max() <= queries <= budget
    # One forward pass may have several backward passes: of an attack that says so.
    assert r.gradients.max() <= gradients
    assert spy.forward_images == int((r.queries + r.verifications).sum())
    assert_sound(case, classifier, x, r)


@cases
@settings(max_examples=2)
@given(count=st.integers(1, 4), seed=st.integers(0, 1000), early=st.booleans(), chunk=st.sampled_from([None, 1, 3]))
def test_both_ledgers_are_what_a_spy_sees(case, count, seed, early, chunk):
    """Every image that goes through the model is booked once, with the attacker or with the verifier."""
    spy = Spy(conv(SIZE, seed=seed % 3))
    classifier, x = wrap(spy, 4, SIZE, execution=advlab.Execution(chunk=chunk)), pictures(count, SIZE, seed)
    goal = case.goal(case.classes(classifier, x))
    start = None
    if case.targeted and case.kind.needs_start:  # a drawn start has backward passes of the verifier's
        start = pictures(count, SIZE, seed + 1)
    spy.forward_images = spy.backward_images = 0
    r = case.run(classifier, x, goal=goal, seed=seed, early_stop=early, start=start)
    assert spy.forward_images == int((r.queries + r.verifications).sum())
    assert spy.backward_images == int(r.gradients.sum())
    configured = case.kind.configured(case.parameters)
    for queries, gradients in zip(r.queries.tolist(), r.gradients.tolist(), strict=True):
        assert gradients <= (configured.cost(queries)[1] if queries else 0)
    if case.kind.access != "gradient":
        assert r.gradients.sum() == 0


@pytest.mark.parametrize("case", [c for c in CASES if c.targeted and c.kind.needs_start], ids=str)
def test_a_drawn_start_is_booked_with_the_verifier(case):
    """Its gradients are no attacker's; images beyond the goal already need none."""
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(2, SIZE)
    goal = case.goal(case.classes(classifier, x, reached=[0]))
    spy.forward_images = 0
    r = case.run(classifier, x, goal=goal)
    assert spy.forward_images == int((r.queries + r.verifications).sum())
    assert r.verifications[0] == 1
    assert r.verifications[1] > 2
    assert r.gradients.sum() == 0


@cases
def test_results_do_not_depend_on_the_batch(case):
    """Alone, batched, reordered, duplicated: the same images and exactly the same counts."""
    classifier, x = double(1), photos(5, seed=3)
    classes = case.classes(classifier, x, reached=[0])
    several = not case.minimal and case.kind.configured(case.parameters).cost(None)[0] > 2
    # A strong attack takes all of them at once where a weak one does not, and noise needs more room than both.
    for share in (1.0, 0.5, 0.25, 0.12, 3.0, 6.0):
        radius = {} if case.minimal else {"eps": share * EPS[case.norm]}
        whole = case.run(classifier, x, goal=case.goal(classes), seed=5, **radius)
        if not several or len(set(whole.queries[1:].tolist())) > 1:
            break
    else:
        pytest.fail("the images should leave the search at different times")
    assert whole.queries[1:].min() > 0
    for order in ([3, 3, 1, 0, 4], [2]):
        part = case.run(classifier, x[order], goal=case.goal(classes[order]), seed=5, **radius)
        assert torch.equal(part.success, whole.success[order])
        assert torch.equal(part.queries, whole.queries[order])
        assert torch.equal(part.gradients, whole.gradients[order])
        assert torch.equal(part.verifications, whole.verifications[order])
        torch.testing.assert_close(part.adversarial, whole.adversarial[order], rtol=0, atol=1e-9)


@cases
def test_the_same_seed_gives_the_same_result(case):
    """Also with another budget, as long as neither is reached: no query is wasted on that."""
    classifier, x = double(), photos(2)
    goal = case.goal(case.classes(classifier, x))
    first, again = (case.run(classifier, x, goal=goal, seed=9, max_queries=most) for most in (10_000, 10_001))
    assert torch.equal(first.adversarial, again.adversarial)
    assert torch.equal(first.queries, again.queries)


@cases
def test_a_radius_for_each_image(case):
    """One radius an image is the same as one run an image."""
    classifier, x = double(), photos(3)
    classes = case.classes(classifier, x)
    radii = torch.tensor([0.2, 0.0, 1.0], dtype=torch.float64) * EPS[case.norm]
    together = case.run(classifier, x, goal=case.goal(classes), eps=radii)
    assert torch.equal(together.adversarial[1], x[1])
    for k in (0, 2):
        alone = case.run(classifier, x[[k]], goal=case.goal(classes[[k]]), eps=float(radii[k]))
        torch.testing.assert_close(together.adversarial[[k]], alone.adversarial, rtol=0, atol=1e-9)
        assert together.success[k] == alone.success[0]


@cases
def test_stopping_leaves_a_valid_result(case):
    """Stop is heard before a query; what was found until then is judged and given out."""
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(3, SIZE)
    goal = case.goal(case.classes(classifier, x, reached=[2]))
    for after in (0, 1, 5):
        asked = []
        spy.forward_images = 0

        def stop(asked=asked, after=after):
            asked.append(1)
            return len(asked) > after

        r = case.run(classifier, x, goal=goal, should_stop=stop, early_stop=False)
        assert r.stopped == (len(asked) > after)
        assert spy.forward_images == int((r.queries + r.verifications).sum())
        assert_sound(case, classifier, x, r)
        if after == 0:
            assert r.stopped
            assert r.queries.sum() == 0
            assert torch.equal(r.adversarial, x)
    assert not case.run(classifier, x, goal=goal, should_stop=lambda: False).stopped


@cases
def test_progress_only_grows(case):
    seen = []
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(3, SIZE)
    r = case.run(classifier, x, goal=case.goal(case.classes(classifier, x)), progress=seen.append)
    fractions = [p.fraction for p in seen]
    assert fractions
    assert all(0 <= f <= 1 for f in fractions)
    assert fractions == sorted(fractions)
    assert [p.queries for p in seen] == sorted(p.queries for p in seen)
    assert seen[-1].queries == r.queries.max()
    assert all(0 <= p.searching <= 3 and 0 <= p.fooled <= 3 for p in seen)


@cases
def test_cost_is_an_upper_bound(case):
    """What is announced before a run without a budget is never less than what the run takes."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(3, SIZE)
    goal = case.goal(case.classes(classifier, x))
    queries, gradients = case.kind.configured(case.parameters).cost(None)
    r = case.run(classifier, x, goal=goal, early_stop=False, max_queries=None)
    assert r.queries.max() <= queries
    assert r.gradients.max() <= gradients


@cases
def test_the_trace_fits_the_result(case):
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(3, SIZE)
    r = case.run(classifier, x, goal=case.goal(case.classes(classifier, x, reached=[1])))
    assert len(r.trace) > 0
    for name in ("queries", "gradients", "margin", "own", "rival", "size"):
        assert r.trace.column(name).shape == (len(r.trace), 3)
    queries = r.trace.column("queries")
    assert bool((queries.diff(dim=0) >= 0).all())
    assert torch.equal(queries[-1], r.queries)
    assert torch.equal(r.trace.column("gradients")[-1], r.gradients)
    if case.kind.access == "label":
        assert bool(r.trace.column("own").isnan().all()), "scores that the attacker never saw"
    else:
        own = r.trace.column("own")[-1, [0, 2]]
        assert bool(((own >= 0) & (own <= 1)).all())
    if case.minimal:
        sizes = r.trace.column("size")
        assert bool((sizes[1:] <= sizes[:-1]).all()), "the smallest known perturbation grew"


@cases
def test_logits_that_are_not_numbers_are_no_success(case):
    """A network that answers NaN off the clean image: nothing is fooled, nothing hangs, nothing is NaN."""

    class Fragile(torch.nn.Module):
        def __init__(self, module, clean):
            super().__init__()
            self.module = module
            self.register_buffer("clean", clean)

        def forward(self, x):
            known = (x.unsqueeze(1) == self.clean.unsqueeze(0)).flatten(2).all(2).any(1)
            return torch.where(known.unsqueeze(1), self.module(x), torch.nan)

    x = pictures(2, SIZE)
    classifier = wrap(Fragile(conv(SIZE), x), 4, SIZE)
    r = case.run(classifier, x, goal=case.goal(case.classes(classifier, x)))
    assert not r.success.any()
    assert bool(r.adversarial.isfinite().all())


SHAPES = [((1, 1, 1), 2), ((1, 4, 7), 3), ((3, 5, 2), 2), ((2, 3, 3), 3)]


# One pixel for all; the others in turn.
@pytest.mark.parametrize(
    "case, size, classes",
    [(case, *SHAPES[0]) for case in CASES] + [(case, *SHAPES[1 + i % 3]) for i, case in enumerate(CASES)],
    ids=str,
)
def test_odd_shapes_and_few_classes(case, size, classes):
    classifier = wrap(conv(size, classes, dtype=torch.float64), classes, size)
    x = pictures(3, size, dtype=torch.float64)
    r = case.run(classifier, x, goal=case.goal(case.classes(classifier, x)))
    assert_sound(case, classifier, x, r)


@cases
def test_zero_gradients_are_reported_and_harmless(case):
    """A network without slope: every gradient is counted as zero, no division by it, an honest failure."""

    class Steps(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = torch.nn.Parameter(torch.tensor([1.0, 0.0]))

        def forward(self, x):
            return self.bias + 0 * x.flatten(1).sum(1, keepdim=True)

    classifier, x = wrap(Steps(), 2, SIZE), pictures(2, SIZE)
    r = case.run(classifier, x, goal=case.goal(1 if case.targeted else 0))
    assert torch.equal(r.zero_gradients, r.gradients)
    assert not r.success.any()
    assert bool(r.adversarial.isfinite().all())


@cases
def test_a_trembling_model_is_never_believed_at_eps_zero(case):
    classifier, x = wrap(Stochastic(conv(SIZE), 5.0), 4, SIZE), pictures(8, SIZE)
    r = case.run(classifier, x, goal=case.goal(0), eps=0.0)
    assert torch.equal(r.adversarial, x)
    assert torch.equal(r.success, r.already)
